/*
 * The sample program of the C SDK, line by line, with its `keyflag`: 0 for the first picture, a key frame, and 1 from then on. What is in
 * the pictures counts, and the log has a warning.
 *
 *   node packages/engine/dist/examples/sample-program.js http://127.0.0.1:8080/connection/token/get
 *
 * pushes the bundled clip, encrypted, to the target that this token server has for the device, until it is stopped with
 * Ctrl-C. `cloudpush token-server` and `cloudpush receive` are servers to try it with.
 */
import { readFileSync } from 'node:fs';
import {
  E_IPC_TIGGER_TYPE_FACE,
  E_LOG_LEVEL_MAIN,
  E_SV_EVENT_TYPE_ECHOSHOW_NOTIFY_LIVE_CLOSE,
  E_SV_EVENT_TYPE_ECHOSHOW_NOTIFY_LIVE_OPEN,
  E_SV_EVENT_TYPE_PUSH_SEGMENT_END,
  E_SV_EVENT_TYPE_RTMP_AUDIO_ADTS_DATA_ERROR,
  E_SV_EVENT_TYPE_RTMP_CONNECT_APP_FAILED,
  E_SV_EVENT_TYPE_RTMP_CONNECT_CLOSE,
  E_SV_EVENT_TYPE_RTMP_CONNECT_DNS_RESOVLE_FAILED,
  E_SV_EVENT_TYPE_RTMP_CONNECT_HANDSHAKE_FAILED,
  E_SV_EVENT_TYPE_RTMP_CONNECT_SET_TIMEOUT_FAILED,
  E_SV_EVENT_TYPE_RTMP_CONNECT_SUCCESS,
  E_SV_EVENT_TYPE_RTMP_INVALID_PARAMETER,
  E_SV_EVENT_TYPE_RTMP_INVALID_URL,
  E_SV_EVENT_TYPE_RTMP_PAUSE_MEDIA_PUSH,
  E_SV_EVENT_TYPE_RTMP_PUBLISH_STREAM_FAILED,
  E_SV_EVENT_TYPE_RTMP_RECV_AUDIO_DATA_ERROR,
  E_SV_EVENT_TYPE_RTMP_RESUME_MEDIA_PUSH,
  E_SV_EVENT_TYPE_RTMP_SEND_THREAD_EXIT_WITH_ERROR,
  E_SV_EVENT_TYPE_RTMP_SOCKET_CONNECT_FAILED,
  E_SV_EVENT_TYPE_RTMP_VIDEO_START_CODE_ERROR,
  E_SV_MEDIA_ENCRYPT_AES_ALL_FRAME,
  E_SV_MEDIA_ENCRYPT_AES_KEY_FRAME,
  E_SV_MEDIA_TYPE_AAC,
  E_SV_MEDIA_TYPE_H264,
  E_SV_METADATA_TYPE_AUDIO_ENCRYPT,
  E_SV_METADATA_TYPE_STREAM_END,
  E_SV_METADATA_TYPE_STREAM_START,
  E_SV_METADATA_TYPE_VIDEO_ENCRYPT,
  SV_LOG_OUTPUT_MODE_CONSOLE,
  SV_LOG_OUTPUT_MODE_FILE,
  SVPush_API_Connect_By_DeviceSN,
  SVPush_API_Init_log,
  SVPush_API_Initialize,
  SVPush_API_Send_Metadata,
  SVPush_API_Send_Packet,
  SVPush_API_Set_Token_Serve_Interface,
  SVPush_API_Uninitialize,
  SVPush_API_Version,
} from '@cloudpush/engine/compat';
import { AccessUnitSplitter, AdtsSplitter } from '@cloudpush/muxer';

const [tokenServer, deviceSN = 'SN-1', logFolder = './log/'] = process.argv.slice(2);
if (tokenServer === undefined) {
  process.stderr.write('usage: sample-program TOKEN-SERVER-URL [SERIAL-NUMBER [LOG-FOLDER]]\n');
  process.exit(2);
}

const print = (text: string): unknown => process.stdout.write(`${text}\n`);

function on_event(_lcid: number, eventType: number, wparam: number, _lparam: number): number {
  switch (eventType) {
    case E_SV_EVENT_TYPE_RTMP_INVALID_URL:
    case E_SV_EVENT_TYPE_RTMP_CONNECT_DNS_RESOVLE_FAILED:
    case E_SV_EVENT_TYPE_RTMP_SOCKET_CONNECT_FAILED:
    case E_SV_EVENT_TYPE_RTMP_CONNECT_HANDSHAKE_FAILED:
    case E_SV_EVENT_TYPE_RTMP_CONNECT_APP_FAILED:
    case E_SV_EVENT_TYPE_RTMP_PUBLISH_STREAM_FAILED:
    case E_SV_EVENT_TYPE_RTMP_CONNECT_SET_TIMEOUT_FAILED:
    case E_SV_EVENT_TYPE_RTMP_INVALID_PARAMETER:
      print(`connection ${lcid}: connect error ${eventType}, code ${wparam}`);
      break;
    case E_SV_EVENT_TYPE_RTMP_SEND_THREAD_EXIT_WITH_ERROR:
      print(`connection ${lcid}: lost, code ${wparam}`);
      break;
    case E_SV_EVENT_TYPE_RTMP_CONNECT_SUCCESS:
      print(`connection ${lcid}: connected`);
      break;
    case E_SV_EVENT_TYPE_RTMP_CONNECT_CLOSE:
      print(`connection ${lcid}: closed`);
      stopped = true;
      break;
    case E_SV_EVENT_TYPE_RTMP_AUDIO_ADTS_DATA_ERROR:
    case E_SV_EVENT_TYPE_RTMP_VIDEO_START_CODE_ERROR:
    case E_SV_EVENT_TYPE_RTMP_RECV_AUDIO_DATA_ERROR:
      print(`connection ${lcid}: bad media ${eventType}, code ${wparam}`);
      break;
    case E_SV_EVENT_TYPE_RTMP_PAUSE_MEDIA_PUSH:
      print(`connection ${lcid}: the network is congested`);
      break;
    case E_SV_EVENT_TYPE_RTMP_RESUME_MEDIA_PUSH:
      print(`connection ${lcid}: the network is free again`);
      break;
    case E_SV_EVENT_TYPE_PUSH_SEGMENT_END:
      print(`connection ${lcid}: the segment has been pushed`);
      break;
    case E_SV_EVENT_TYPE_ECHOSHOW_NOTIFY_LIVE_OPEN:
    case E_SV_EVENT_TYPE_ECHOSHOW_NOTIFY_LIVE_CLOSE:
      print(`connection ${lcid}: live view ${eventType}`);
      break;
    default:
      print(`connection ${lcid}: event ${eventType}, code ${wparam}`);
  }
  return 0;
}

// In C, these come from the encoder.
const asset = (name: string): Buffer =>
  readFileSync(new URL(`../../../cloudpush/assets/${name}`, import.meta.url));
const pictures = new AccessUnitSplitter('h264');
const video = [...pictures.push(asset('clip.h264')), ...pictures.flush()];
const audio = [...new AdtsSplitter().push(asset('clip.aac'))];

const version = new Uint8Array(1024);
const length = SVPush_API_Version(version, version.length);
print(new TextDecoder().decode(version.subarray(0, length)));

SVPush_API_Initialize(1024 * 1024, 20);
SVPush_API_Init_log(E_LOG_LEVEL_MAIN, SV_LOG_OUTPUT_MODE_CONSOLE | SV_LOG_OUTPUT_MODE_FILE, logFolder);
SVPush_API_Set_Token_Serve_Interface(tokenServer);

const lcid = SVPush_API_Connect_By_DeviceSN(null, null, deviceSN, on_event);
if (lcid < 0) process.exit(1);

const key = 'vavakey';
SVPush_API_Send_Metadata(lcid, E_SV_METADATA_TYPE_VIDEO_ENCRYPT, E_SV_MEDIA_ENCRYPT_AES_KEY_FRAME, key);
SVPush_API_Send_Metadata(lcid, E_SV_METADATA_TYPE_AUDIO_ENCRYPT, E_SV_MEDIA_ENCRYPT_AES_ALL_FRAME, key);
SVPush_API_Send_Metadata(lcid, E_SV_METADATA_TYPE_STREAM_START, E_IPC_TIGGER_TYPE_FACE, Date.now());

let stopped = false;
process.once('SIGINT', () => {
  stopped = true;
});

let pts = 0;
let keyflag = 0;
const encflag = 0;
for (let i = 0; !stopped; i++) {
  const picture = video[i % video.length]!.data;
  SVPush_API_Send_Packet(lcid, E_SV_MEDIA_TYPE_H264, picture, picture.length, pts, keyflag, encflag);
  keyflag = 1;
  const frame = audio[i % audio.length]!.data;
  SVPush_API_Send_Packet(lcid, E_SV_MEDIA_TYPE_AAC, frame, frame.length, pts, keyflag, encflag);
  pts += 30;
  await new Promise((resolve) => setTimeout(resolve, 30));
}

SVPush_API_Send_Metadata(lcid, E_SV_METADATA_TYPE_STREAM_END, 10_000, Date.now());
SVPush_API_Uninitialize();
