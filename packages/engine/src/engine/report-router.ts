import type { EventLog } from '../logging/event-log.js';
import { errorFields, problemLine, spoolOffLine } from '../logging/log-lines.js';
import type { ShardReport } from '../protocol/reports.js';
import type { ChannelController } from './channel/channel-controller.js';
import type { ChannelRegistry } from './channel-registry.js';
import { diagnostics } from './diagnostics.js';
import type { PoolAccess } from './shards/pool-access.js';
import type { ShardHandle } from './shards/shard-handle.js';
import type { ShardSet } from './shards/shard-set.js';
import { sourceFields, sourceLines } from './source/source-log.js';
import { gapFields, gapLines } from './spool/gap-log.js';

/** Reports of a whole shard. */
type OfShard = Extract<ShardReport, { type: 'ready' | 'released' | 'releasedTwice' | 'fenced' }>;
/** Reports of one destination of a channel. */
type OfDestination = Extract<ShardReport, { destination: number }>;
/** Reports of a channel. */
type OfChannel = Exclude<ShardReport, OfShard | OfDestination>;

const SHARD_REPORTS: ReadonlySet<ShardReport['type']> = new Set<OfShard['type']>([
  'ready',
  'released',
  'releasedTwice',
  'fenced',
]);

/** Brings what the shards report into the log, and to the channel that it is about. */
export class ReportRouter {
  readonly #log: EventLog;
  readonly #pool: PoolAccess;
  readonly #shards: Pick<ShardSet, 'rebalance' | 'takeBack'>;
  readonly #channels: ChannelRegistry;

  constructor({
    log,
    pool,
    shards,
    channels,
  }: {
    readonly log: EventLog;
    readonly pool: PoolAccess;
    readonly shards: Pick<ShardSet, 'rebalance' | 'takeBack'>;
    readonly channels: ChannelRegistry;
  }) {
    this.#log = log;
    this.#pool = pool;
    this.#shards = shards;
    this.#channels = channels;
  }

  route(shard: ShardHandle, report: ShardReport): void {
    if (isOfShard(report)) {
      this.#onShardReport(report);
      return;
    }
    // A thread that died may have left reports on channels that are over.
    const controller = this.#channels.find(report.channel, shard);
    if (controller === undefined) return;
    if ('destination' in report) this.#onDestinationReport(shard, controller, report);
    else this.#onChannelReport(shard, controller, report);
  }

  #onShardReport(report: OfShard): void {
    switch (report.type) {
      case 'ready':
        return;
      case 'released':
        this.#pool.retryWaiting();
        return;
      case 'releasedTwice':
        this.#pool.debug?.onFault(report.stack);
        this.#log.write('releasedTwice', { stack: report.stack });
        return;
      case 'fenced':
        this.#log.write('fenced', { channels: report.channels });
        diagnostics.fenced.publish(() => ({ channels: report.channels }));
        return;
      default:
        report satisfies never;
    }
  }

  #onDestinationReport(shard: ShardHandle, controller: ChannelController, report: OfDestination): void {
    const { destination } = report;
    const fields = controller.logFields(destination);
    switch (report.type) {
      case 'connected':
        this.#log.write('connected', fields);
        controller.destinations.onConnected(destination, report.timings);
        return;
      case 'disconnected':
        this.#log.write('connectionLost', {
          ...fields,
          ...errorFields(report.error),
          delay: report.delay,
        });
        controller.destinations.onDisconnected(destination, report.error, report.delay, report.wasPublishing);
        this.#shards.rebalance(shard, controller);
        return;
      case 'moved':
        this.#log.write('moved', fields);
        controller.destinations.onMoved(destination, report.timings);
        return;
      case 'targetWanted':
        this.#log.write('targetWanted', { ...fields, reason: report.reason });
        controller.destinations.onTargetWanted(destination, report.reason);
        return;
      case 'command':
        this.#log.write('command', { ...fields, name: report.name });
        controller.destinations.onCommand(destination, report.name, report.args);
        return;
      case 'warning':
        this.#log.write('serverWarning', {
          ...fields,
          reason: report.message,
        });
        return;
      case 'segmentLeft':
        this.#log.write('segmentLeft', fields);
        controller.destinations.onSegmentLeft(destination, report.totals, report.taken);
        return;
      case 'gap':
        this.#log.write(gapLines[report.gap.outcome], { ...fields, ...gapFields(report.gap) });
        controller.destinations.onGap(destination, report.gap);
        return;
      case 'spoolOff':
        this.#log.write(spoolOffLine(report.error.code), { ...fields, ...errorFields(report.error) });
        controller.onProblem(report.error, 0);
        return;
      case 'advice':
        this.#log.write('advice', { ...fields, ...report.advice });
        controller.destinations.onAdvice(destination, report.advice);
        return;
      case 'detached':
        this.#log.write(report.error === undefined ? 'destinationClosed' : 'destinationLost', {
          ...fields,
          ...errorFields(report.error),
        });
        controller.destinations.onDetached(destination, report.error);
        return;
      default:
        report satisfies never;
    }
  }

  #onChannelReport(shard: ShardHandle, controller: ChannelController, report: OfChannel): void {
    switch (report.type) {
      case 'migrationRefused':
        this.#shards.takeBack(shard, controller);
        controller.sender.onMigrationRefused();
        return;
      case 'migrated':
        this.#shards.takeBack(shard, controller);
        this.#channels.migrate(shard, controller, (next) => controller.onReleased(next));
        return;
      case 'stream':
        this.#log.write('streamChanged', controller.logFields());
        controller.onStream(report.state);
        return;
      case 'segmentEnd':
        this.#log.write('segmentEnded', { ...controller.logFields(), segment: report.segment });
        controller.segments.onEnd(report.segment);
        return;
      case 'pause':
        this.#log.write('paused', controller.logFields());
        controller.sender.onPause();
        return;
      case 'resume':
        this.#log.write('resumed', controller.logFields());
        controller.sender.onResume();
        return;
      case 'standingBy':
        controller.onStandingBy();
        return;
      case 'atKeyFrame':
        controller.onKeyFrame(report.keyFrame);
        return;
      case 'slabWanted':
        controller.source?.onSlabWanted(report);
        return;
      case 'source':
        this.#log.write(sourceLines[report.event.type], {
          ...controller.logFields(),
          ...sourceFields(report.event),
        });
        controller.source?.onReport(report.event);
        return;
      case 'problem':
        this.#log.write(problemLine(report.refused, report.error.code), {
          ...controller.logFields(),
          ...errorFields(report.error),
          repeats: report.repeats,
        });
        controller.onProblem(report.error, report.repeats);
        return;
      case 'ended':
        controller.onEnded(report.error);
        return;
      case 'broken':
        this.#log.write('channelBroken', { ...controller.logFields(), ...errorFields(report.error) });
        this.#shards.takeBack(shard, controller);
        controller.onBroken(report.error);
        return;
      case 'forgotten':
        this.#channels.forget(shard, controller);
        return;
      default:
        report satisfies never;
    }
  }
}

function isOfShard(report: ShardReport): report is OfShard {
  return SHARD_REPORTS.has(report.type);
}
