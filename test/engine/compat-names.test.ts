// The compatibility door's names and values, against the tables of the interface.

import { readFileSync } from 'node:fs';
import * as compat from '@cloudpush/engine/compat';
import { expect, test } from 'vitest';

/** The constants of each enum, by their full C names. */
const tables: Record<string, Record<string, number>> = {
  'log levels': {
    E_LOG_LEVEL_VERB: 1,
    E_LOG_LEVEL_INFO: 2,
    E_LOG_LEVEL_MAIN: 3,
    E_LOG_LEVEL_WARN: 4,
    E_LOG_LEVEL_ERROR: 5,
    E_LOG_LEVEL_DISABLE: 6,
  },
  'log outputs': {
    SV_LOG_OUTPUT_MODE_NONE: 0,
    SV_LOG_OUTPUT_MODE_CONSOLE: 1,
    SV_LOG_OUTPUT_MODE_FILE: 2,
  },
  events: {
    E_SV_EVENT_TYPE_NONE: 0x00,
    E_SV_EVENT_TYPE_RTMP_INVALID_URL: 0x01,
    E_SV_EVENT_TYPE_RTMP_CONNECT_DNS_RESOVLE_FAILED: 0x02,
    E_SV_EVENT_TYPE_RTMP_SOCKET_CONNECT_FAILED: 0x03,
    E_SV_EVENT_TYPE_RTMP_HANDSHAKE_FAILED: 0x04,
    E_SV_EVENT_TYPE_RTMP_CONNECT_APP_FAILED: 0x05,
    E_SV_EVENT_TYPE_RTMP_PUBLISH_STREAM_FAILED: 0x06,
    E_SV_EVENT_TYPE_RTMP_SET_TIMEOUT_FAILED: 0x07,
    E_SV_EVENT_TYPE_RTMP_CONNECT_CLOSE: 0x08,
    E_SV_EVENT_TYPE_RTMP_CONNECT_SUCCESS: 0x09,
    E_SV_EVENT_TYPE_RTMP_INVALID_PARAMETER: 0x50,
    E_SV_EVENT_TYPE_RTMP_AUDIO_ADTS_DATA_ERROR: 0x51,
    E_SV_EVENT_TYPE_RTMP_VIDEO_DATA_ERROR: 0x52,
    E_SV_EVENT_TYPE_RTMP_AUDIO_DATA_ERROR: 0x53,
    E_SV_EVENT_TYPE_RTMP_SEND_VIDEO_NO_SPS_PPS: 0x54,
    E_SV_EVENT_TYPE_RTMP_SEND_ERROR_SPS_PPS: 0x55,
    E_SV_EVENT_TYPE_RTMP_SEND_ERROR_SPS: 0x56,
    E_SV_EVENT_TYPE_RTMP_SEND_ERROR_PPS: 0x57,
    E_SV_EVENT_TYPE_RTMP_RESUME_MEDIA_PUSH: 0x58,
    E_SV_EVENT_TYPE_RTMP_PAUSE_MEDIA_PUSH: 0x59,
    E_SV_EVENT_TYPE_RTMP_SEND_THREAD_EXIT_WITH_ERROR: 0x60,
    E_SV_EVENT_TYPE_RTMP_SEND_ERROR_VPS: 0x61,
    E_SV_EVENT_TYPE_PUSH_SEGMENT_END: 0x102,
    E_SV_EVENT_TYPE_RTMP_CONNECT_HANDSHAKE_FAILED: 0x04,
    E_SV_EVENT_TYPE_RTMP_CONNECT_SET_TIMEOUT_FAILED: 0x07,
    E_SV_EVENT_TYPE_RTMP_VIDEO_START_CODE_ERROR: 0x52,
    E_SV_EVENT_TYPE_RTMP_RECV_AUDIO_DATA_ERROR: 0x53,
    E_SV_EVENT_TYPE_ECHOSHOW_NOTIFY_LIVE_OPEN: 0x201,
    E_SV_EVENT_TYPE_ECHOSHOW_NOTIFY_LIVE_CLOSE: 0x202,
  },
  'media types': {
    E_SV_MEDIA_TYPE_UNKNOW: -1,
    E_SV_MEDIA_TYPE_UNKNOWN: -1,
    E_SV_MEDIA_TYPE_H264: 0,
    E_SV_MEDIA_TYPE_H265: 1,
    E_SV_MEDIA_TYPE_MP3: 2,
    E_SV_MEDIA_TYPE_AAC: 3,
    E_SV_MEDIA_TYPE_PRI_DATA: 4,
  },
  'metadata types': {
    E_SV_METADATA_TYPE_NONE: -1,
    E_SV_METADATA_TYPE_STREAM_START: 0,
    E_SV_METADATA_TYPE_STREAM_END: 1,
    E_SV_METADATA_TYPE_VIDEO_ENCRYPT: 2,
    E_SV_METADATA_TYPE_AUDIO_ENCRYPT: 3,
    E_SV_METADATA_TYPE_STREAM_BITRATE: 4,
    E_SV_METADATA_TYPE_STREAM_DROP_FRAMES: 5,
    E_SV_METADATA_TYPE_STREAM_DISCONNECT: 6,
    E_SV_METADATA_TYPE_TIGGER_TYPE_CHANGE: 7,
  },
  'encryption modes': {
    E_SV_MEDIA_ENCRYPT_NONE: 0,
    E_SV_MEDIA_ENCRYPT_AES_KEYFRAME: 1,
    E_SV_MEDIA_ENCRYPT_AES_KEY_FRAME: 1,
    E_SV_MEDIA_ENCRYPT_ALL_FRAME: 2,
    E_SV_MEDIA_ENCRYPT_AES_ALL_FRAME: 2,
  },
  'trigger types': {
    E_IPC_TIGGER_TYPE_UNKNOW: -1,
    E_IPC_TIGGER_TYPE_HUMAN: 0,
    E_IPC_TIGGER_TYPE_DEFAULT: 1,
    E_IPC_TIGGER_TYPE_FACE: 2,
    E_IPC_TIGGER_TYPE_HUMAN_AND_FACE: 3,
    E_IPC_TIGGER_TYPE_MOVE_DETECT: 4,
    E_IPC_TIGGER_TYPE_RESERVED: 5,
    E_IPC_TIGGER_TYPE_LIVE: 100,
    E_IPC_TIGGER_TYPE_IOS_APP: 101,
    E_IPC_TIGGER_TYPE_ANDROID_APP: 102,
    E_IPC_TIGGER_TYPE_ALEXA: 103,
    E_IPC_TIGGER_TYPE_WEB: 104,
    E_IPC_TIGGER_TYPE_GOOGLE_ASSISTANT: 105,
  },
};

/** Each enum as an object, and what its constants' full names begin with. */
const enums: [Record<string, number>, string, string][] = [
  [compat.E_SV_LOG_LEVEL, 'E_LOG_LEVEL_', 'log levels'],
  [compat.SV_LOG_OUTPUT_MODE, 'SV_LOG_OUTPUT_MODE_', 'log outputs'],
  [compat.E_SV_EVENT_TYPE, 'E_SV_EVENT_TYPE_', 'events'],
  [compat.E_SV_MEDIA_TYPE, 'E_SV_MEDIA_TYPE_', 'media types'],
  [compat.E_SV_METADATA_TYPE, 'E_SV_METADATA_TYPE_', 'metadata types'],
  [compat.E_SV_MEDIA_ENCRYPT, 'E_SV_MEDIA_ENCRYPT_', 'encryption modes'],
  [compat.E_IPC_TIGGER_TYPE, 'E_IPC_TIGGER_TYPE_', 'trigger types'],
];

for (const [table, constants] of Object.entries(tables)) {
  test(`${table} have their values under every name`, () => {
    expect(compat).toMatchObject(constants);
  });
}

for (const [object, prefix, table] of enums) {
  test(`${table} are an object of the same names without ${prefix} too`, () => {
    const constants = Object.entries(object).map(([name, value]) => [prefix + name, value]);
    expect(Object.fromEntries(constants)).toEqual(tables[table]);
  });
}

test('there is no other constant', () => {
  const known = new Set(Object.values(tables).flatMap((constants) => Object.keys(constants)));
  const numbers = Object.entries(compat).filter(([, value]) => typeof value === 'number');
  expect(numbers.map(([name]) => name).filter((name) => !known.has(name))).toEqual([]);
});

const { version: release } = JSON.parse(
  readFileSync(new URL('../../packages/engine/package.json', import.meta.url), 'utf8'),
) as { version: string };

for (const Version of [compat.SVCloudPush_API_Version, compat.SVPush_API_Version]) {
  test('the version is an XML document, terminated by a zero, with its length returned', () => {
    const buffer = new Uint8Array(1024).fill(0xff);
    const length = Version(buffer, buffer.length);
    const text = new TextDecoder().decode(buffer.subarray(0, length));
    expect(text).toMatch(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n<version>\n[\s\S]*<\/version>\n$/);
    expect(text).toContain('<interface>2.0.0</interface>');
    expect(text).toContain(`<release>${release}</release>`);
    expect(buffer.subarray(length, length + 2)).toEqual(Uint8Array.of(0, 0xff));
  });

  test('a short buffer gets the beginning of the version and a zero, and nothing past its length', () => {
    const whole = new Uint8Array(1024);
    const length = Version(whole, whole.length);
    for (const room of [0, 1, 2, 20, length, length + 1]) {
      const buffer = new Uint8Array(length + 10).fill(0xff);
      expect(Version(buffer, room)).toBe(length);
      const written = Math.max(0, Math.min(room - 1, length));
      expect(buffer.subarray(0, written)).toEqual(whole.subarray(0, written));
      expect(buffer.subarray(room).every((byte) => byte === 0xff)).toBe(true);
      if (room > 0) expect(buffer[written]).toBe(0);
    }
    const small = new Uint8Array(5);
    expect(Version(small, 1000)).toBe(length);
    expect(new TextDecoder().decode(small)).toBe('<?xm\0');
    expect(Version(null, 1000)).toBe(length);
  });
}
