import { describe, expect, test } from 'vitest';
import { MuxerError } from '../errors.js';
import { type FlvTag, TagType } from '../flv/flv-tag.js';
import { Muxer } from '../muxer/muxer.js';
import { splitLengthPrefixed } from '../nal/length-prefixed.js';
import { type DecryptableTag, FlvDecryptor } from './flv-decryptor.js';
import { SampleEncryptor } from './sample-encryptor.js';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

const sps = '6764000aacd9457b011000000300100000030320f1225960';
const pps = '68ebe3cb22c0';
const idr = `6588840047dae398${'5a'.repeat(60)}`;
const inter = `419a236c457fbc7c${'a5'.repeat(60)}`;
const mp3 = Buffer.concat([hex('fffb10c0'), Buffer.alloc(100, 0x5a)]);
const aac = hex('fff1504002bffc 2100112233445566778899001122');

/** A tag before and after encryption, and the sequence header in front of it. */
interface Encrypted {
  readonly header: DecryptableTag;
  readonly clear: Buffer;
  readonly tag: DecryptableTag;
}

const received = ({ type, timestamp, parts }: FlvTag): DecryptableTag => {
  return { type, timestamp, payload: Buffer.concat(parts) };
};

function picture(
  nals: readonly string[],
  key = 'vavakey',
  encryptor = new SampleEncryptor('video'),
): Encrypted {
  encryptor.configure({ mode: 'allFrames', key });
  const tags: FlvTag[] = [];
  const data = hex(nals.map((nal) => `00000001${nal}`).join(''));
  new Muxer().video('h264', { data, headroom: 0, dts: 0, pts: 0 }, tags);
  const [header, frame] = tags.map(received);
  return {
    header: header!,
    clear: frame!.payload as Buffer,
    tag: received(encryptor.encrypt(tags[1]!, false)),
  };
}

function twoPictures(): [Encrypted, Encrypted] {
  const encryptor = new SampleEncryptor('video');
  return [picture([sps, pps, idr], 'vavakey', encryptor), picture([sps, pps, idr], 'vavakey', encryptor)];
}

function sound(key = 'vavakey', codec: 'aac' | 'mp3' = 'aac'): Encrypted {
  const encryptor = new SampleEncryptor('audio');
  encryptor.configure({ mode: 'allFrames', key });
  const tags: FlvTag[] = [];
  const data = codec === 'aac' ? aac : mp3;
  new Muxer().audio(codec, { data, headroom: 0, dts: 0, pts: 0 }, tags);
  const clear = tags.map(received);
  const [header, frame] = [clear[0]!, clear.at(-1)!];
  const encrypted = tags.map((tag) => received(encryptor.encrypt(tag, false)));
  return { header, clear: frame.payload as Buffer, tag: encrypted.at(-1)! };
}

const withPayload = (tag: DecryptableTag, payload: Buffer): DecryptableTag => ({ ...tag, payload });

/** A picture, and the one behind it under the same nonce. */
const [key, laterKey] = twoPictures();

describe('clear streams', () => {
  test('pass as they are, and without a copy', () => {
    const decryptor = new FlvDecryptor({ keys: ['vavakey'] });
    for (const { header, tag, clear } of [key, sound()]) {
      expect(decryptor.decrypt(header)!.payload).toBe(header.payload);
      expect(decryptor.decrypt(withPayload(tag, clear))!.payload).toBe(clear);
    }
    expect(decryptor.counts).toEqual({ decrypted: 0, clear: 2, withoutKey: 0, damaged: 0, unmarked: 0 });
  });

  test.each([
    ['Sorenson H.263', TagType.video, '2200112233'],
    ['AV1 in Enhanced RTMP', TagType.video, '91617630310a0b00'],
    ['several tracks in a tag', TagType.video, '96016176633100112233'],
    ['Opus in Enhanced RTMP', TagType.audio, '914f707573fc0102'],
    ['Speex', TagType.audio, 'b6001122'],
    ['a seek command', TagType.video, '5700'],
    ['an end of sequence', TagType.video, '1702000000'],
    ['nothing at all', TagType.video, ''],
    ['script data', TagType.scriptData, '02000a6f6e4d65746144617461'],
  ] as const)('%s passes', (_, type, payload) => {
    const tag = { type, timestamp: 7, payload: hex(payload) };
    const clear = new FlvDecryptor({ keys: [] }).decrypt(tag);
    expect(clear).toEqual({ ...tag, parts: [tag.payload], size: tag.payload.length });
  });

  test('a decrypted stream has no onEncryption message about what it was, but one about a caller', () => {
    const message = (scheme: string): DecryptableTag => {
      const property = Buffer.from(`\x00\x06scheme\x02\x00${String.fromCharCode(scheme.length)}${scheme}`);
      const payload = Buffer.concat([
        Buffer.from('\x02\x00\x0conEncryption\x03\x00\x07version\x00'),
        hex('3ff0000000000000'),
        property,
        hex('000009'),
      ]);
      return { type: TagType.scriptData, timestamp: 0, payload };
    };
    const decryptor = new FlvDecryptor({ keys: ['vavakey'] });
    expect(decryptor.decrypt(message('aes-ctr'))).toBeUndefined();
    expect(decryptor.decrypt(message('caller'))).toBeDefined();
  });
});

describe('keys', () => {
  test('may change in mid-stream: each sample tells which one it needs', () => {
    const samples = [picture([sps, pps, idr], 'one'), sound('two'), picture([sps, pps, idr], 'three')];
    const decryptor = new FlvDecryptor({ keys: ['three', 'one', 'two'] });
    for (const { tag, clear } of samples) {
      expect(Buffer.from(decryptor.decrypt(tag)!.payload).equals(clear)).toBe(true);
    }
    expect(decryptor.counts.decrypted).toBe(3);
  });

  test.each([
    ['a picture', key],
    ['a frame of AAC', sound()],
    ['a frame of MP3', sound('vavakey', 'mp3')],
  ])('that do not fit %s are an error that names the key check, and no key', (_, { tag }) => {
    const decryptor = new FlvDecryptor({ keys: ['my secret', 'vavakey2'] });
    let caught: unknown;
    try {
      decryptor.decrypt({ ...tag, offset: 1000 });
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(MuxerError);
    const error = caught as MuxerError;
    expect(error.code).toBe('ERR_CLOUDPUSH_DECRYPTION_NO_KEY');
    expect(error.details.actual).toMatch(/^[0-9a-f]{8}$/);
    expect(error.details.offset).toBeGreaterThan(1011);
    expect(error.message).toContain(error.details.actual);
    expect(error.message).not.toMatch(/secret|vavakey/);
    expect(JSON.stringify(decryptor)).not.toMatch(/secret|vavakey/);
  });

  test('that are empty are refused', () => {
    expect(() => new FlvDecryptor({ keys: ['good', ''] })).toThrow(
      expect.objectContaining({ code: 'ERR_CLOUDPUSH_ENCRYPTION_KEY_INVALID' }),
    );
  });

  test('are still found when damage has made up more nonces than are remembered', () => {
    const decryptor = new FlvDecryptor({ keys: ['vavakey'], tolerant: true });
    // A nonce has no check of its own in an audio frame.
    const frame = sound();
    const at = Buffer.from(frame.tag.payload).indexOf(hex('bd75972d766f02')) + 12;
    for (let i = 0; i < 200; i++) {
      const damaged = Buffer.from(frame.tag.payload);
      damaged[at] = damaged[at]! ^ (1 + (i % 255));
      decryptor.decrypt(withPayload(frame.tag, damaged));
    }
    expect(decryptor.counts.withoutKey).toBe(200);
    expect(Buffer.from(decryptor.decrypt(key.tag)!.payload).equals(key.clear)).toBe(true);
  });
});

describe('damage', () => {
  test.each([
    ['a picture', key],
    ['a frame of AAC', sound()],
    ['a frame of MP3', sound('vavakey', 'mp3')],
  ])('that cuts off %s at any byte is told as an error or leaves a clear beginning', (_, { tag }) => {
    const decryptor = new FlvDecryptor({ keys: ['vavakey'] });
    const outcomes = new Set<string>();
    for (let size = 0; size < tag.payload.length; size++) {
      const payload = Buffer.from(tag.payload.subarray(0, size));
      try {
        decryptor.decrypt(withPayload(tag, payload));
        outcomes.add('passed');
      } catch (error) {
        expect(error).toBeInstanceOf(MuxerError);
        outcomes.add((error as MuxerError).code);
      }
    }
    expect(outcomes).toContain('passed');
    expect(outcomes.size).toBeGreaterThan(1);
  });

  test('of the version is told with its place in the file', () => {
    const payload = Buffer.from(key.tag.payload);
    const at = payload.length - 13;
    payload[at] = 9;
    const refusalAt = (offset: number) => ({
      code: 'ERR_CLOUDPUSH_DECRYPTION_DAMAGED',
      details: { fault: 'file', field: 'version', actual: 9, permitted: '2', offset },
    });
    const decryptor = new FlvDecryptor({ keys: ['vavakey'] });
    expect(() => decryptor.decrypt(withPayload(key.tag, payload))).toThrow(
      expect.objectContaining(refusalAt(at)),
    );
    expect(() => decryptor.decrypt({ ...withPayload(key.tag, payload), offset: 5000 })).toThrow(
      expect.objectContaining(refusalAt(5000 + 11 + at)),
    );
  });

  test('of any bit of a trailer is told: as damage, or in front of the marker that it leaves', () => {
    const { payload } = key.tag;
    const fields = new Set<string>();
    for (let bit = 8 * (payload.length - 37); bit < 8 * payload.length; bit++) {
      const changed = Buffer.from(payload);
      changed[bit >> 3] = changed[bit >> 3]! ^ (1 << (bit & 7));
      const decryptor = new FlvDecryptor({ keys: ['vavakey'], tolerant: true });
      decryptor.decrypt(withPayload(key.tag, changed));
      decryptor.decrypt(laterKey.tag);
      const { damaged, unmarked } = decryptor.counts;
      fields.add(`${damaged} damaged, ${unmarked} unmarked`);
    }
    expect([...fields].sort()).toEqual(['0 damaged, 1 unmarked', '1 damaged, 0 unmarked']);
  });

  test('that took bytes out of a slice is told, with the place of the slice', () => {
    const { payload } = key.tag;
    const changed = Buffer.concat([payload.subarray(0, -60), payload.subarray(-50)]);
    const length = changed.indexOf(hex('6588')) - 4;
    changed.writeUInt32BE(changed.length - length - 4, length);
    expect(() => new FlvDecryptor({ keys: ['vavakey'] }).decrypt(withPayload(key.tag, changed))).toThrow(
      expect.objectContaining({
        code: 'ERR_CLOUDPUSH_DECRYPTION_DAMAGED',
        details: expect.objectContaining({ field: 'slice', offset: length + 4 }),
      }),
    );
  });

  test('that leaves one slice of a picture without its trailer is told', () => {
    const sample = picture([sps, pps, idr, idr]);
    const changed = Buffer.from(sample.tag.payload);
    const first = changed.indexOf(hex('c0b5f561dba99ae4'));
    changed[first + 7] = 0x55;
    expect(() => new FlvDecryptor({ keys: ['vavakey'] }).decrypt(withPayload(sample.tag, changed))).toThrow(
      expect.objectContaining({
        details: expect.objectContaining({ field: 'slice', actual: 'no trailer' }),
      }),
    );
  });

  test('is passed on and counted by a tolerant decryptor, which goes on', () => {
    const decryptor = new FlvDecryptor({ keys: ['vavakey'], tolerant: true });
    const cut = withPayload(key.tag, Buffer.from(key.tag.payload.subarray(0, -1)));
    expect(decryptor.decrypt(cut)!.payload).toBe(cut.payload);
    const other = picture([sps, pps, idr], 'unknown').tag;
    expect(decryptor.decrypt(other)!.payload).toBe(other.payload);
    expect(Buffer.from(decryptor.decrypt(key.tag)!.payload).equals(key.clear)).toBe(true);
    expect(decryptor.counts).toEqual({ decrypted: 1, clear: 0, withoutKey: 1, damaged: 1, unmarked: 0 });
  });
});

describe('what others do to a stream', () => {
  const nals = splitLengthPrefixed(key.tag.payload.subarray(5), 4).map((nal) =>
    Buffer.from(nal).toString('hex'),
  );
  const slice = nals.at(-1)!;

  /** The sample put together from other NAL units, with lengths of another size. */
  function remuxed(units: readonly string[], lengthSize = 4, header = '1701000000'): DecryptableTag {
    const parts = units.map((nal) => (nal.length / 2).toString(16).padStart(2 * lengthSize, '0') + nal);
    return withPayload(key.tag, hex(header + parts.join('')));
  }

  test('NAL units around the slice, or none, do not matter', () => {
    const decryptor = new FlvDecryptor({ keys: ['vavakey'] });
    for (const around of [[], ['09f0', sps, pps], ['0605010180'], ['09f0', pps, '0605010180', sps]]) {
      const clear = decryptor.decrypt(remuxed([...around, slice, '0cff80']))!;
      expect(clear.payload).toEqual(remuxed([...around, idr, '0cff80']).payload);
    }
  });

  test('slices in samples of their own, and those of two pictures in one, are decrypted', () => {
    // first_mb_in_slice 1 and 2
    const [second, third] = [`655a${idr.slice(4)}`, `657a${idr.slice(4)}`];
    const { tag } = picture([sps, pps, idr, second, third]);
    const slices = splitLengthPrefixed(tag.payload.subarray(5), 4).slice(2);
    const units = slices.map((nal) => Buffer.from(nal).toString('hex'));
    const decryptor = new FlvDecryptor({ keys: ['vavakey'] });
    for (const [i, clear] of [idr, second, third].entries()) {
      expect(decryptor.decrypt(remuxed([units[i]!]))!.payload).toEqual(remuxed([clear]).payload);
    }
    const mixed = remuxed([units[1]!, slice, units[0]!]);
    expect(decryptor.decrypt(mixed)!.payload).toEqual(remuxed([second, idr, idr]).payload);
  });

  test('lengths of 2 bytes, as the sequence header tells, do not matter', () => {
    const decryptor = new FlvDecryptor({ keys: ['vavakey'] });
    const header = Buffer.from(key.header.payload);
    header[5 + 4] = 0xfd; // lengthSizeMinusOne 1
    decryptor.decrypt(withPayload(key.header, header));
    expect(decryptor.decrypt(remuxed([slice], 2))!.payload).toEqual(remuxed([idr], 2).payload);
  });

  test.each([
    ['avc1 without composition offset', '9361766331'],
    ['avc1 with composition offset', '9161766331000028'],
    ['avc1 behind a modifier', '97020000000361766331'],
  ])('the form %s does not matter', (_, header) => {
    const decryptor = new FlvDecryptor({ keys: ['vavakey'] });
    const clear = decryptor.decrypt(remuxed([slice], 4, header));
    expect(clear!.payload).toEqual(remuxed([idr], 4, header).payload);
  });

  test('a frame of AAC in Enhanced RTMP, with a program config element put in front, is found', () => {
    const { tag, clear } = sound();
    const element = 'a0988000040000';
    const enhanced = (bytes: Uint8Array) =>
      withPayload(tag, Buffer.concat([hex(`916d703461${element}`), bytes.subarray(2)]));
    const decryptor = new FlvDecryptor({ keys: ['vavakey'] });
    expect(decryptor.decrypt(enhanced(tag.payload))!.payload).toEqual(enhanced(clear).payload);
  });

  test('a stream that was encrypted twice is decrypted layer by layer', () => {
    const outer = new SampleEncryptor('video');
    outer.configure({ mode: 'allFrames', key: 'outer' });
    const twice = picture(nals.map(String), 'outer', outer);
    const first = new FlvDecryptor({ keys: ['outer'] }).decrypt(twice.tag)!;
    expect(Buffer.from(first.payload).equals(twice.clear)).toBe(true);
    const second = new FlvDecryptor({ keys: ['vavakey'] }).decrypt(first)!;
    expect(Buffer.from(second.payload).equals(key.clear)).toBe(true);
  });
});

test('an inter picture decrypts without the key picture in front of it', () => {
  const encryptor = new SampleEncryptor('video');
  picture([sps, pps, idr], 'vavakey', encryptor);
  const { tag, clear } = picture([sps, pps, idr, inter], 'vavakey', encryptor);
  const decrypted = new FlvDecryptor({ keys: ['vavakey'] }).decrypt(tag)!;
  expect(Buffer.from(decrypted.payload).equals(clear)).toBe(true);
});
