// How slots lie on nodes: moves when nodes come and go, and the spread of the load with and without the
// balancer, simulated.
// node bench/dist/cluster/assignment.js

import type { AssignedNode } from '../../packages/cloudpush/dist/cluster/assignment/assignment.js';
import { programModule } from '../support/internals.js';
import { markdownTable, shown } from '../support/markdown.js';

const { assignSlots, DEFAULT_SLOTS, slotOf } = (await import(
  programModule('cluster/assignment/assignment.js')
)) as typeof import('../../packages/cloudpush/dist/cluster/assignment/assignment.js');
const { balance, MOVES_A_MINUTE } = (await import(
  programModule('cluster/assignment/balance.js')
)) as typeof import('../../packages/cloudpush/dist/cluster/assignment/balance.js');
const { seeded } = (await import(
  programModule('cluster/assignment/testing/seeded.js')
)) as typeof import('../../packages/cloudpush/dist/cluster/assignment/testing/seeded.js');

interface Scenario {
  readonly channels: number;
  readonly nodes: number;
  readonly slots: number;
}

const scenarios: readonly Scenario[] = [
  { channels: 10_000, nodes: 20, slots: DEFAULT_SLOTS },
  { channels: 1_000_000, nodes: 500, slots: DEFAULT_SLOTS },
  { channels: 1_000_000, nodes: 500, slots: 16 * DEFAULT_SLOTS },
];
/** Nodes that come or go, one after the other. */
const CHURN = 40;
/** Minutes of drift: a channel's load goes up or down by up to so much in each. */
const DRIFT_MINUTES = 240;
const DRIFT = 0.05;
/** Bytes a second of a channel, about. */
const CHANNEL_LOAD = 500_000;

function nodesOf(count: number): AssignedNode[] {
  return Array.from({ length: count }, (_, index) => ({ id: `gateway-${index}`, capacity: 1 }));
}

/** The largest load of a node, as a multiple of the mean. */
function peak(nodes: readonly AssignedNode[], assigned: Uint16Array, loads: Float64Array): number {
  const sums = new Float64Array(nodes.length);
  for (const [slot, index] of assigned.entries()) sums[index]! += loads[slot]!;
  return Math.max(...sums) / (sums.reduce((sum, one) => sum + one, 0) / nodes.length);
}

function percent(part: number, decimals = 2): string {
  return `${shown(100 * part, decimals)} %`;
}

class Simulation {
  readonly #scenario: Scenario;
  readonly #random = seeded(7);
  readonly #slotOfChannel: Uint32Array;
  readonly #loadOfChannel: Float64Array;
  readonly #nodes: AssignedNode[];
  readonly #wants = new Map<number, string>();

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.#nodes = nodesOf(scenario.nodes);
    this.#slotOfChannel = Uint32Array.from({ length: scenario.channels }, (_, number) =>
      slotOf(`camera-${number}`, scenario.slots),
    );
    this.#loadOfChannel = Float64Array.from(
      { length: scenario.channels },
      () => CHANNEL_LOAD * Math.exp(2 * (this.#random() - 0.5)),
    );
  }

  run(): string[] {
    const { channels, nodes, slots } = this.#scenario;
    const started = performance.now();
    const hashed = this.#assigned;
    const time = performance.now() - started;
    const before = peak(this.#nodes, hashed, this.#loads);
    const churn = this.#churn();
    const minutes = this.#settle();
    const after = peak(this.#nodes, this.#assigned, this.#loads);
    const drift = this.#drift();
    return [
      `${shown(channels)} × ${nodes}, ${shown(slots)} slots`,
      `${shown(time, 1)} ms`,
      `${percent(churn.mean)} (${percent(1 / nodes)})`,
      percent(churn.most),
      shown(before, 2),
      `${shown(after, 2)} in ${minutes} min`,
      `${percent(drift.moved)}, at most ${percent(drift.most)}`,
      shown(drift.peak, 2),
    ];
  }

  get #assigned(): Uint16Array {
    return assignSlots(this.#scenario.slots, this.#nodes, this.#wants);
  }

  get #loads(): Float64Array {
    const loads = new Float64Array(this.#scenario.slots);
    for (const [channel, slot] of this.#slotOfChannel.entries())
      loads[slot]! += this.#loadOfChannel[channel]!;
    return loads;
  }

  /** Nodes come and go in turns. */
  #churn(): { readonly mean: number; readonly most: number } {
    const parts: number[] = [];
    for (let turn = 0; turn < CHURN; turn++) {
      const before = this.#owners();
      if (turn % 2 === 0) this.#nodes.splice(Math.floor(this.#random() * this.#nodes.length), 1);
      else this.#nodes.push({ id: `gateway-${this.#scenario.nodes + turn}`, capacity: 1 });
      const after = this.#owners();
      parts.push(before.filter((id, slot) => id !== after[slot]).length / before.length);
    }
    return { mean: parts.reduce((sum, part) => sum + part, 0) / parts.length, most: Math.max(...parts) };
  }

  #owners(): string[] {
    return [...this.#assigned].map((index) => this.#nodes[index]!.id);
  }

  /** One minute of the balancer. @returns slots that it moved */
  #minute(): number {
    const { slots } = this.#scenario;
    const given = { nodes: this.#nodes, assigned: this.#assigned, loads: this.#loads };
    const moves = balance(given, slots * MOVES_A_MINUTE);
    for (const [slot, index] of moves) this.#wants.set(slot, this.#nodes[index]!.id);
    return moves.size;
  }

  /** @returns minutes until nothing moves any more */
  #settle(): number {
    let minutes = 0;
    while (this.#minute() > 0 && minutes < 100) minutes++;
    return minutes;
  }

  #driftOn(): void {
    const loadOfChannel = this.#loadOfChannel;
    const random = this.#random;
    for (let channel = 0; channel < loadOfChannel.length; channel++) {
      loadOfChannel[channel]! *= 1 + DRIFT * (2 * random() - 1);
    }
  }

  #drift(): { readonly moved: number; readonly most: number; readonly peak: number } {
    const moved: number[] = [];
    let highest = 0;
    for (let minute = 0; minute < DRIFT_MINUTES; minute++) {
      this.#driftOn();
      moved.push(this.#minute() / this.#scenario.slots);
      highest = Math.max(highest, peak(this.#nodes, this.#assigned, this.#loads));
    }
    const mean = moved.reduce((sum, part) => sum + part, 0) / moved.length;
    return { moved: mean, most: Math.max(...moved), peak: highest };
  }
}

const header = [
  'channels × nodes',
  'assignment',
  'moves when a node comes or goes (1/N)',
  'at most',
  'heaviest node by hash alone, × mean',
  'after the balancer',
  'moves a minute, load drifting ±5 % a minute',
  'heaviest node meanwhile',
];
process.stdout.write(
  `${markdownTable(
    header,
    scenarios.map((one) => new Simulation(one).run()),
  )}\n`,
);
