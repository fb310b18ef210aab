import { engine } from './contestants/engine.js';
import { floor } from './contestants/floor.js';
import {
  cloudpushChannels,
  cloudpushFanOut,
  ffmpegOutputs,
  ffmpegProcesses,
  gstreamerProcesses,
  singleThread,
  taskPerPacket,
} from './contestants/programs.js';
import { cloudpushFirst, ffmpegFirst, nothing, version } from './contestants/start-up.js';
import type { Contestant, Experiment } from './experiment.js';

const FLOOR = 'C, a write() a packet';
const FLOOR_RIDING = 'C, sound rides with the picture';
const CALLER = 'cloudpush, packets of the caller';
const SHARD = 'cloudpush, sources in the shard';

/** Channels of experiments that vary something else. */
const CHANNELS = 400;
const FEW_CHANNELS = 16;
/** Processes for a channel each: more would measure the machine's memory. */
const MOST_PROCESSES = 16;
const KB = 1000;

const byChannels = (x: number): { channels: number } => ({ channels: x });

function slow(contestant: Contestant): Contestant {
  return { ...contestant, slow: true };
}

function upTo(most: number, contestant: Contestant): Contestant {
  return { ...contestant, upTo: most };
}

const channels: Experiment = {
  id: 'channels',
  title: 'A packet, as the number of channels grows',
  question:
    'What does the engine cost beyond the kernel? Beside it, a C program that writes the same packets, with one sleep a millisecond.',
  x: { label: 'channels', kind: 'curve' },
  xs: [1, 16, 64, 400, 1000, 2000, 3000],
  quickXs: [CHANNELS],
  reference: FLOOR,
  main: 'cpuPerPacket',
  pictures: ['cpuPerPacket', 'p99', 'rss'],
  contestants: [
    floor(FLOOR, '-t', byChannels),
    floor(FLOOR_RIDING, '-r', byChannels),
    engine(CALLER, byChannels),
    engine(SHARD, (x) => ({ channels: x, source: 'shard' })),
  ],
};

const programs: Experiment = {
  id: 'programs',
  title: 'Whole programs, as a user starts them',
  question:
    'What does a file on one channel, or on sixteen, cost in steady state, beside what else there is?',
  x: { label: 'channels', kind: 'bars' },
  xs: [1, MOST_PROCESSES],
  quickXs: [MOST_PROCESSES],
  reference: ffmpegProcesses.name,
  main: 'cores',
  pictures: ['cores', 'rss'],
  contestants: [
    ffmpegProcesses,
    cloudpushChannels,
    ffmpegOutputs,
    slow(gstreamerProcesses),
    slow(singleThread),
    slow(taskPerPacket),
  ],
};

const fanOut: Experiment = {
  id: 'fan-out',
  title: 'One channel to many servers',
  question: 'What does each further server cost?',
  x: { label: 'servers', kind: 'curve' },
  xs: [1, 4, 16],
  quickXs: [],
  reference: ffmpegOutputs.name,
  main: 'cores',
  pictures: ['cores'],
  contestants: [ffmpegOutputs, cloudpushFanOut],
};

const window: Experiment = {
  id: 'window',
  title: `The batching window, ${CHANNELS} channels`,
  question:
    'What does it save to gather the packets of a channel before they are written, and what does it add?',
  x: { label: 'maxBatchDelay, ms', kind: 'curve' },
  xs: [0, 2, 10, 40, 100, 200],
  quickXs: [],
  reference: FLOOR,
  main: 'cpuPerPacket',
  pictures: ['cpuPerPacket', 'cpuPerGigabyte', 'p99'],
  contestants: [
    floor(FLOOR, '-t', () => ({ channels: CHANNELS })),
    engine(CALLER, (x) => ({ channels: CHANNELS, maxBatchDelay: x })),
  ],
};

const secrecy: Experiment = {
  id: 'secrecy',
  title: 'RTMPS, and encrypted media',
  question: 'What does secrecy cost, on the way and at rest?',
  x: { label: 'channels', kind: 'bars' },
  xs: [64, CHANNELS],
  quickXs: [64],
  reference: 'RTMP',
  main: 'cpuPerPacket',
  pictures: ['cpuPerPacket'],
  contestants: [
    engine('RTMP', byChannels),
    engine('RTMP, everything encrypted', (x) => ({ channels: x, encrypt: true })),
    upTo(
      64,
      engine('RTMPS', (x) => ({ channels: x, secure: true })),
    ),
  ],
};

const sizes: Experiment = {
  id: 'picture-sizes',
  title: `The size of a picture, ${FEW_CHANNELS} channels`,
  question: 'Where does the cost of a packet end, and that of its bytes begin?',
  x: { label: 'KB a picture', kind: 'curve' },
  xs: [1, 10, 100, 1000],
  quickXs: [],
  reference: FLOOR,
  main: 'cpuPerPacket',
  pictures: ['cpuPerPacket', 'cpuPerGigabyte'],
  contestants: [
    floor(FLOOR, '-t', (x) => ({ channels: FEW_CHANNELS, pictureBytes: x * KB })),
    engine(CALLER, (x) => ({ channels: FEW_CHANNELS, pictureBytes: x * KB })),
    engine(SHARD, (x) => ({ channels: FEW_CHANNELS, pictureBytes: x * KB, source: 'shard' })),
  ],
};

const unpaced: Experiment = {
  id: 'unpaced',
  title: 'As fast as it goes, one shard',
  question: 'How much media passes when nothing waits for its time?',
  x: { label: 'channels', kind: 'bars' },
  xs: [8],
  quickXs: [],
  reference: FLOOR,
  main: 'gigabytesPerSecond',
  pictures: ['gigabytesPerSecond'],
  contestants: [floor(FLOOR, '-u', byChannels), engine(CALLER, (x) => ({ channels: x, unpaced: true }))],
};

const startUp: Experiment = {
  id: 'start-up',
  title: 'The program starts',
  question: 'What does the program cost before it does anything? Beside it, Node.js that does nothing.',
  x: { label: 'runs', kind: 'bars' },
  xs: [1],
  quickXs: [1],
  reference: nothing.name,
  main: 'cpuTime',
  pictures: ['cpuTime'],
  contestants: [nothing, version],
};

const firstPicture: Experiment = {
  id: 'first-picture',
  title: 'From the start to the first picture',
  question: 'How long after its start does a program have the first picture with the server?',
  x: { label: 'runs', kind: 'bars' },
  xs: [1],
  quickXs: [1],
  reference: ffmpegFirst.name,
  main: 'elapsed',
  pictures: ['elapsed'],
  contestants: [ffmpegFirst, cloudpushFirst],
};

export const EXPERIMENTS: readonly Experiment[] = [
  channels,
  programs,
  fanOut,
  window,
  secrecy,
  sizes,
  unpaced,
  startUp,
  firstPicture,
];

/** The product, beside what is none of ours. */
export function isOurs(contestant: string): boolean {
  return contestant.startsWith('cloudpush') || contestant.startsWith('RTMP');
}
