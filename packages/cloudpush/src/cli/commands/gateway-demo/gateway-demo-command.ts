import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigurationFile } from '../../../gateway/config/configuration-file.js';
import { parseConfiguration } from '../../../gateway/config/parse.js';
import type { Gateway } from '../../../gateway/gateway.js';
import { RunningGateway } from '../../../gateway/running-gateway.js';
import { CommandError, ExitCode } from '../../exit-code.js';
import type { Interruption } from '../../interruption.js';
import type { Output } from '../../terminal/output.js';
import { untilEnd } from '../../until-end.js';
import { DemoCameras } from './demo-cameras.js';
import { DemoCloud } from './demo-cloud.js';
import { type Fault, tellStory } from './demo-story.js';
import { openPage } from './open-page.js';

/** The options of `cloudpush gateway-demo`, as the parser gives them. */
export interface GatewayDemoOptions {
  /** Of the page; 0: any free one. */
  readonly port: number;
  /** s */
  readonly duration?: number;
  /** s */
  readonly pace: number;
  readonly open: boolean;
}

const CLIP = fileURLToPath(new URL('../../../../assets/clip.h264', import.meta.url));

const cameraNames = ['gate', 'door', 'yard', 'lobby', 'dock', 'stairs', 'garage', 'roof'];
/** These push to a second server as well. */
const withBackup = new Set(['gate', 'dock']);
/** These ask the token server where to push. */
const withToken = new Set(['lobby', 'stairs']);

/** `cloudpush gateway-demo`. SIGINT and SIGTERM are its ordinary end. */
export async function gatewayDemoCommand(
  options: GatewayDemoOptions,
  version: string,
  output: Output,
  interruption: Interruption,
): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'cloudpush-demo-'));
  try {
    await using cameras = await DemoCameras.listen(cameraNames, await readFile(CLIP));
    await using cloud = await DemoCloud.listen();
    const path = join(folder, 'gateway.yaml');
    await writeFile(path, configurationText(options.port, cameras, cloud));
    const running = await startGateway(path, version);
    const url = `http://127.0.0.1:${running.addresses.api?.port}/`;
    output.note(`The dashboard: ${url}`);
    output.note(
      'Eight synthetic cameras are pushed to a server of the demo. Now and then something goes wrong.',
    );
    if (options.open && output.isTerminal) openPage(url);
    const faults = faultsOf(cameras, cloud, running.service);
    await tellUntilEnd({ gateway: running.service, faults }, options, output, interruption);
    const isClean = await running.stop();
    output.note(
      isClean ? 'The demo has ended.' : 'The demo has ended; some streams could not be ended in time.',
    );
    return isClean ? ExitCode.ok : ExitCode.failure;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function startGateway(path: string, version: string): Promise<RunningGateway> {
  const file = new ConfigurationFile(path);
  const text = await file.read();
  const { configuration, faults } = parseConfiguration(text, path);
  if (configuration === undefined)
    throw new Error(`the configuration of the demo has a fault: ${faults[0]?.message}`);
  try {
    return await RunningGateway.start({ file, text, configuration, version });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new CommandError(`${(error as Error).message}; choose another one with --port`, ExitCode.failure);
  }
}

async function tellUntilEnd(
  { gateway, faults }: { readonly gateway: Gateway; readonly faults: readonly Fault[] },
  { pace, duration }: GatewayDemoOptions,
  output: Output,
  interruption: Interruption,
): Promise<void> {
  const ended = new AbortController();
  const tell = (line: string) => output.note(`${new Date().toLocaleTimeString('en-GB')} ${line}`);
  const { signal } = ended;
  const story = tellStory({ gateway, faults, pace: pace * 1000, tell, now: () => performance.now(), signal });
  const over = untilEnd(interruption.signal, duration).then(() => ended.abort());
  await story.catch((error: Error) => {
    if (!signal.aborted) throw error;
  });
  await over;
}

/** The faults of the demo, in turns. */
function faultsOf(cameras: DemoCameras, cloud: DemoCloud, gateway: Gateway): Fault[] {
  const refused = ['door', 'yard', 'garage'];
  return [
    {
      story: 'dock: the camera freezes; its connection stands, and no picture comes',
      channels: ['dock'],
      begin: () => cameras.set('dock', 'frozen'),
      end: () => cameras.set('dock', 'runs'),
    },
    {
      story: `${refused.join(', ')}: the server refuses them; the page has one line for all three`,
      channels: refused,
      begin: () => cloud.refuse(refused),
      end: async () => {
        cloud.takeAgain(refused);
        // As an operator does with "Retry now"; who has removed one meanwhile needs none.
        await Promise.allSettled(refused.map((name) => gateway.retryDestination(name, 'cloud')));
      },
    },
    {
      story: 'lobby: its token expires; a new one is asked for',
      channels: ['lobby'],
      begin: () => cloud.expireToken('lobby'),
    },
    {
      story: 'roof: the camera loses its cable; it is tried again and again',
      channels: ['roof'],
      begin: () => cameras.set('roof', 'away'),
      end: () => cameras.set('roof', 'runs'),
    },
  ];
}

function configurationText(port: number, cameras: DemoCameras, cloud: DemoCloud): string {
  const channels = cameraNames.map((name, index) => {
    const target = withToken.has(name) ? `device: { serialNumber: ${name} }` : `url: "${cloud.urlOf(name)}"`;
    const backup = withBackup.has(name) ? `, { name: backup, url: "${cloud.urlOf(`${name}-backup`)}" }` : '';
    return `  ${name}:
    labels: { site: ${index % 2 === 0 ? 'north' : 'south'} }
    source: ${cameras.urlOf(name)}
    destinations: [ { name: cloud, ${target} }${backup} ]`;
  });
  return `version: 1
log: { level: silent }
api: { listen: "127.0.0.1:${port}" }
tokenServer: { url: "${cloud.tokenUrl}" }
channelDefaults:
  sourceTimeout: 4s
  sourceRetry: { initial: 1s, max: 5s }
channels:
${channels.join('\n')}
`;
}
