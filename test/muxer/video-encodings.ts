/** A way to encode: what ffmpeg is told, and what is special about the stream. */
export interface VideoEncoding {
  readonly name: string;
  readonly codec: 'h264' | 'h265';
  readonly args: readonly string[];
  /** Frames a second of the source. */
  readonly rate: number;
  readonly size: string;
  readonly frames: number;
  /** ffmpeg's name of the pixel format that is encoded. */
  readonly format: string;
}

interface Settings {
  params?: string;
  args?: readonly string[];
  format?: string;
  rate?: number;
  size?: string;
  frames?: number;
}

function x264(
  name: string,
  { params, args = [], format = 'yuv420p', ...rest }: Settings = {},
): VideoEncoding {
  const all = ['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', format, ...args];
  if (params !== undefined) all.push('-x264-params', params);
  return {
    name: `x264 ${name}`,
    codec: 'h264',
    args: all,
    format,
    rate: 25,
    size: '176x144',
    frames: 20,
    ...rest,
  };
}

function x265(
  name: string,
  { params, args = [], format = 'yuv420p', ...rest }: Settings = {},
): VideoEncoding {
  const x265Params = ['log-level=none', 'pools=none', ...(params === undefined ? [] : [params])].join(':');
  const all = [
    '-c:v',
    'libx265',
    '-preset',
    'ultrafast',
    '-pix_fmt',
    format,
    ...args,
    '-x265-params',
    x265Params,
  ];
  return {
    name: `x265 ${name}`,
    codec: 'h265',
    args: all,
    format,
    rate: 25,
    size: '176x144',
    frames: 14,
    ...rest,
  };
}

export const videoEncodings: readonly VideoEncoding[] = [
  x264('baseline, CAVLC', { args: ['-profile:v', 'baseline'] }),
  x264('main, CABAC, B-frames', { args: ['-profile:v', 'main', '-bf', '2'] }),
  x264('high, B-pyramid, 16 references', { params: 'bframes=4:b-adapt=0:b-pyramid=normal:ref=16:keyint=10' }),
  x264('eight slices, access unit delimiters, HRD', {
    params: 'slices=8:aud=1:nal-hrd=vbr:vbv-maxrate=500:vbv-bufsize=500:pic-struct=1',
  }),
  x264('intra refresh', { params: 'intra-refresh=1:keyint=6:bframes=0' }),
  x264('open GOP', { params: 'open-gop=1:keyint=6:min-keyint=6:bframes=3:b-adapt=0:scenecut=0' }),
  x264('interlaced (MBAFF)', { params: 'tff=1:interlaced=1', size: '176x160' }),
  x264('every picture a key frame', { params: 'keyint=1' }),
  x264('scaling lists, SPS id 7', { params: 'cqm=jvt:sps-id=7' }),
  x264('high 10', { format: 'yuv420p10le' }),
  x264('high 4:2:2 10-bit, interlaced', { format: 'yuv422p10le', params: 'bff=1', size: '176x160' }),
  x264('high 4:4:4', { format: 'yuv444p' }),
  x264('high 4:4:4 10-bit with scaling lists', { format: 'yuv444p10le', params: 'cqm=jvt' }),
  x264('lossless', { args: ['-qp', '0'] }),
  x264('monochrome', { format: 'gray' }),
  x264('cropped to 178×98', { size: '178x98' }),
  x264('odd size 175×97', { size: '175x97', format: 'yuv444p' }),
  x264('tiny 16×16', { size: '16x16' }),
  x264('huge 4096×2304', { size: '4096x2304', frames: 2, params: 'keyint=1', args: ['-qp', '18'] }),
  x264('30000/1001 fps', { rate: 30_000 / 1001 }),
  x264('60 fps', { rate: 60, params: 'bframes=2:b-adapt=0' }),
  x265('main'),
  x265('main, B-pyramid', { params: 'bframes=4:b-adapt=0:b-pyramid=1:keyint=10' }),
  x265('main 10', { format: 'yuv420p10le' }),
  x265('main 12', { format: 'yuv420p12le' }),
  x265('4:2:2 10-bit', { format: 'yuv422p10le' }),
  x265('4:4:4 8-bit', { format: 'yuv444p' }),
  x265('monochrome', { format: 'gray' }),
  x265('temporal layers', { params: 'temporal-layers=1:bframes=3:b-adapt=0' }),
  // The faster presets of x265 3.5 crash with slices.
  x265('two slices', { params: 'slices=2', args: ['-preset', 'superfast'], size: '320x256' }),
  x265('access unit delimiters, HRD', {
    params: 'aud=1:hrd=1:vbv-maxrate=500:vbv-bufsize=500:repeat-headers=1',
  }),
  x265('open GOP (CRA, RASL)', { params: 'open-gop=1:keyint=5:min-keyint=5:bframes=3:b-adapt=0:scenecut=0' }),
  x265('closed GOP (IDR)', { params: 'open-gop=0:keyint=5:min-keyint=5:bframes=2:b-adapt=0' }),
  x265('scaling lists, wavefront off', { params: 'scaling-list=default:wpp=0' }),
  x265('cropped to 178×98', { size: '178x98' }),
  x265('high tier, 30000/1001 fps', { params: 'level-idc=5.1:high-tier=1', rate: 30_000 / 1001 }),
];
