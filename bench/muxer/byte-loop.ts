/**
 * The same job as most muxers do it: a loop over bytes finds the start codes, and the NAL units are copied
 * behind their lengths into a new body.
 */
export function muxByteLoop(data: Uint8Array): Uint8Array {
  const starts: number[] = [];
  for (let i = 0; i + 2 < data.length; i++) {
    if (data[i] === 0 && data[i + 1] === 0 && data[i + 2] === 1) {
      starts.push(i + 3);
      i += 2;
    }
  }
  const nalUnits = starts.map((start, i) => {
    let end = i + 1 < starts.length ? starts[i + 1]! - 3 : data.length;
    while (end > start && data[end - 1] === 0) end--;
    return data.subarray(start, end);
  });
  const body = new Uint8Array(nalUnits.reduce((size, nal) => size + 4 + nal.length, 5));
  const view = new DataView(body.buffer);
  body[0] = 0x27;
  body[1] = 1;
  let at = 5;
  for (const nal of nalUnits) {
    view.setUint32(at, nal.length);
    body.set(nal, at + 4);
    at += 4 + nal.length;
  }
  return body;
}
