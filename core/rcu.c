/* SPDX-License-Identifier: MIT */
#include "core/rcu.h"

#ifdef RCU_TSAN
char rcu_tsan_mark;
#endif

void rcu_enter(void)
{
    rcu_register_thread();
}

void rcu_leave(void)
{
#ifdef RCU_TSAN
    RCU_TSAN_RELEASE(&rcu_tsan_mark); /* Q1 */
#endif
    rcu_unregister_thread();
}

static void run_deferred(struct rcu_head *head)
{
    struct rcu_node *node = CONTAINER_OF(head, struct rcu_node, head);
    RCU_TSAN_ACQUIRE(node); /* what the thread that deferred it wrote */
#ifdef RCU_TSAN
    RCU_TSAN_ACQUIRE(&rcu_tsan_mark); /* Q2 */
#endif
    node->fn(node);
#ifdef RCU_TSAN
    RCU_TSAN_RELEASE(&rcu_tsan_mark); /* Q3 */
#endif
}

void rcu_defer(struct rcu_node *node, void (*fn)(struct rcu_node *))
{
    node->fn = fn;
    RCU_TSAN_RELEASE(node);
    call_rcu(&node->head, run_deferred);
}

void rcu_drain(void)
{
    rcu_barrier();
#ifdef RCU_TSAN
    RCU_TSAN_ACQUIRE(&rcu_tsan_mark); /* Q4 */
#endif
}
