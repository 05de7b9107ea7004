// SPDX-License-Identifier: MIT
// Plays the video of a stream by yellowstone (npm, 2.1), and prints a line for each RTP packet: sequence number, time
// stamp, marker, and the payload in hexadecimal. Says TEARDOWN after so many access units.
//
// usage: node yellowstone_play.js URL UNITS
"use strict";
const { RtspClient } = require("yellowstone");

// Where the reply or the packet ends that the input begins with; 0 when it is not whole yet.
function endOfItem(input) {
  let end;
  if (input[0] === 0x24) {
    end = input.length < 4 ? Infinity : 4 + input.readUInt16BE(2);
  } else {
    const head = input.indexOf("\r\n\r\n");
    const length = /^content-length: *(\d+)/im.exec(input.toString("latin1", 0, head));
    end = head < 0 ? Infinity : head + 4 + Number(length ? length[1] : 0);
  }
  return end <= input.length ? end : 0;
}

// The client mistakes the version of an RTP packet for the bit of the header extension, and leaves out four bytes: they
// are put in.
function withFourBytesMore(packet) {
  const longer = Buffer.concat([packet.subarray(0, 16), Buffer.alloc(4), packet.subarray(16)]);
  longer.writeUInt16BE(longer.length - 4, 2);
  return longer;
}

// The client takes what one read gives for one reply, or for packets whose headers are whole. Here it gets them one by
// one, as reads cut where they like.
class Player extends RtspClient {
  constructor() {
    super();
    this.input = Buffer.alloc(0);
  }

  _onData(data) {
    this.input = Buffer.concat([this.input, data]);
    for (let end; (end = endOfItem(this.input)) > 0; this.input = this.input.subarray(end)) {
      const item = this.input.subarray(0, end);
      super._onData(item[0] === 0x24 && item[1] === 0 ? withFourBytesMore(item) : item);
    }
  }
}

const [url, units] = process.argv.slice(2);
const player = new Player();
let left = Number(units);

player.on("data", (channel, payload, packet) => {
  if (left === 0) {
    return;
  }
  console.log(packet.id, packet.timestamp, packet.marker, payload.toString("hex"));
  left -= packet.marker;
  if (left === 0) {
    player.close();
  }
});
player.connect(url).then(() => player.play());
