import type { AudioParameters, VideoParameters } from '@cloudpush/muxer';

/** Values from the parameter sets of a video track; undefined: they leave it out. */
export interface VideoConfiguration extends Omit<VideoParameters, 'videoCodecId'> {
  /** The specification's name for `profile`, such as `High`. */
  readonly profileName: string | undefined;
}

/** Values from the headers of an audio track; undefined: they leave it out. */
export type AudioConfiguration = Omit<AudioParameters, 'audioCodecId'>;

/**
 * profile_idc (ISO/IEC 14496-10 A.2), general_profile_idc (ISO/IEC 23008-2 A.3), seq_profile (AV1 §6.4.1),
 * VP9's profile.
 */
const PROFILES: Readonly<Record<VideoParameters['codec'], Readonly<Record<number, string>>>> = {
  h264: {
    44: 'CAVLC 4:4:4 Intra',
    66: 'Baseline',
    77: 'Main',
    88: 'Extended',
    100: 'High',
    110: 'High 10',
    122: 'High 4:2:2',
    244: 'High 4:4:4 Predictive',
  },
  h265: { 1: 'Main', 2: 'Main 10', 3: 'Main Still Picture', 4: 'Rext', 9: 'SCC' },
  av1: { 0: 'Main', 1: 'High', 2: 'Professional' },
  vp9: { 0: 'Profile 0', 1: 'Profile 1', 2: 'Profile 2', 3: 'Profile 3' },
};

export function videoConfiguration({ videoCodecId: _, ...parameters }: VideoParameters): VideoConfiguration {
  return {
    ...parameters,
    profileName: profileName(parameters.codec, parameters.profile, parameters.codecString),
  };
}

export function audioConfiguration({ audioCodecId: _, ...parameters }: AudioParameters): AudioConfiguration {
  return parameters;
}

function profileName(
  codec: VideoParameters['codec'],
  profile: number,
  codecString: string,
): string | undefined {
  const name = PROFILES[codec][profile];
  // constraint_set1_flag: a decoder for Main takes it, too (ISO/IEC 14496-10 A.2.1.1).
  const constrained = codec === 'h264' && profile === 66 && /^avc1\.42[4-7c-f]/i.test(codecString);
  return constrained ? `Constrained ${name}` : name;
}
