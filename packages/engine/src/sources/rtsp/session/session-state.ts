import type { EarlyMedia } from './early-media.js';
import type { SetupPlan } from './setup-plan.js';

/** The phases of a session, each with its own data. */
export type SessionState =
  | { readonly phase: 'idle' }
  /** Waits for the control connection. */
  | { readonly phase: 'connecting' }
  /** OPTIONS has been sent. */
  | { readonly phase: 'options' }
  /** DESCRIBE has been sent. */
  | { readonly phase: 'describing' }
  /** Waits for UDP ports for the plan's track until `deadline`. */
  | { readonly phase: 'binding'; readonly plan: SetupPlan; readonly deadline: number }
  /** SETUP of the plan's track has been sent. */
  | { readonly phase: 'settingUp'; readonly plan: SetupPlan }
  /** PLAY has been sent. */
  | { readonly phase: 'starting'; readonly plan: SetupPlan; readonly early: EarlyMedia }
  | { readonly phase: 'playing'; readonly plan: SetupPlan }
  /** TEARDOWN has been sent. */
  | { readonly phase: 'tearingDown' }
  | { readonly phase: 'ended' };

export type SessionPhase = SessionState['phase'];

/** The phase in words, for errors. */
export const phaseTexts: Readonly<Record<SessionPhase, string>> = {
  idle: 'before the start',
  connecting: 'while connecting',
  options: 'during OPTIONS',
  describing: 'during DESCRIBE',
  binding: 'while opening UDP ports',
  settingUp: 'during SETUP',
  starting: 'during PLAY',
  playing: 'while playing',
  tearingDown: 'during TEARDOWN',
  ended: 'after the end',
};
