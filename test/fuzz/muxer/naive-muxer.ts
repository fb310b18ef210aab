import { naiveAacFrames } from './naive-aac.js';
import {
  highProfiles,
  type NaiveAvcPps,
  type NaiveAvcSps,
  naiveAvcPicture,
  naiveAvcPps,
  naiveAvcSlicePps,
  naiveAvcSps,
  naiveAvcSpsExtension,
} from './naive-avc.js';
import { NaiveError, withoutEmulation } from './naive-bits.js';
import { NaiveClock } from './naive-clock.js';
import {
  type NaiveHevcPps,
  type NaiveHevcSps,
  naiveHevcPps,
  naiveHevcSlicePps,
  naiveHevcSps,
  naiveHevcVps,
} from './naive-hevc.js';
import { naiveMp3Frames } from './naive-mp3.js';

/** A tag as the naive side sees it: its body is a plain list of bytes. */
export interface NaiveTag {
  type: number;
  role: number;
  timestamp: number;
  body: number[];
}

export interface NaivePacket {
  data: Uint8Array;
  dts: number;
  pts: number;
  keyFrame?: boolean | undefined;
  encrypted?: boolean | undefined;
}

const role = { videoHeader: 0, audioHeader: 1, key: 2, inter: 3, disposable: 4, audio: 5 };

function big(value: number, bytes: number): number[] {
  const list: number[] = [];
  for (let i = bytes - 1; i >= 0; i--) list.push(Math.floor(value / 256 ** i) % 256);
  return list;
}

/** A set takes the place of the one with its id, or comes last; the oldest goes when there are too many. */
function put<T extends { id: number }>(list: T[], set: T, capacity: number): void {
  const at = list.findIndex((old) => old.id === set.id);
  if (at >= 0) list[at] = set;
  else list.push(set);
  if (list.length > capacity) list.shift();
}

/** An obvious, slow muxer for H.264, H.265, AAC and MP3: everything is copied, nothing is clever. */
export class NaiveMuxer {
  readonly #clock: NaiveClock;
  #legacyHevc: boolean;
  #video: NaiveVideo | undefined;
  #nextVideo: NaiveVideo | undefined;
  #aacConfig: string | undefined;
  #programConfig: string | undefined;

  constructor(options: { wrapping?: boolean; legacyHevc?: boolean } = {}) {
    this.#clock = new NaiveClock(options.wrapping === true);
    this.#legacyHevc = options.legacyHevc === true;
  }

  /** Reports on packets that went out all the same. */
  get warnings(): readonly string[] {
    return this.#clock.warnings;
  }

  /** Takes effect, with a new sequence header, at the next picture. */
  set legacyHevc(legacy: boolean) {
    if (legacy === this.#legacyHevc) return;
    this.#legacyHevc = legacy;
    for (const video of [this.#video, this.#nextVideo]) video?.changeForm(legacy);
  }

  /** Appends the tags; an error may follow them. */
  video(codec: 'h264' | 'h265', packet: NaivePacket, out: NaiveTag[]): void {
    let video = this.#video;
    if (video?.codec !== codec) {
      if (this.#nextVideo?.codec !== codec)
        this.#nextVideo = new NaiveVideo(codec, this.#clock, this.#legacyHevc);
      video = this.#nextVideo;
    }
    const before = out.length;
    try {
      video.take(packet, out);
    } finally {
      if (out.length > before) this.#video = video;
      if (this.#nextVideo === this.#video) this.#nextVideo = undefined;
    }
  }

  /** Number of pictures that begin in a packet. */
  picturesIn(codec: 'h264' | 'h265', data: Uint8Array): number {
    return new NaiveVideo(codec, this.#clock, false).picturesIn(data);
  }

  /** ms from one picture to the next; 1: not known. The naive side does not read it itself. */
  set frameDuration(ms: number) {
    for (const video of [this.#video, this.#nextVideo]) if (video !== undefined) video.frameDuration = ms;
  }

  flush(out: NaiveTag[]): void {
    (this.#video ?? this.#nextVideo)?.flush(out);
  }

  /** AAC or MP3; a stream of the fuzzer has one of them and does not change it. */
  audio(codec: 'aac' | 'mp3', packet: NaivePacket): NaiveTag[] {
    if (packet.data.length === 0) throw new NaiveError('ERR_CLOUDPUSH_AUDIO_EMPTY');
    const bytes = [...packet.data];
    return codec === 'aac' ? this.#aac(bytes, packet) : this.#mp3(bytes, packet);
  }

  #aac(bytes: number[], packet: NaivePacket): NaiveTag[] {
    const { frames, programConfig, damage } = naiveAacFrames(
      bytes,
      this.#programConfig,
      packet.encrypted === true,
    );
    let time = this.#clock.place('audio', Number.isNaN(packet.dts) ? packet.pts : packet.dts);
    this.#programConfig = programConfig;
    if (damage !== undefined) this.#clock.warnings.push(damage);
    const tags: NaiveTag[] = [];
    for (const frame of frames) {
      time += (frame.missing * 1024 * 1000) / frame.sampleRate;
      const timestamp = this.#clock.stamp('audio', time);
      const config = frame.config.join();
      if (config !== this.#aacConfig) {
        tags.push({ type: 8, role: role.audioHeader, timestamp, body: [0xaf, 0, ...frame.config] });
      }
      this.#aacConfig = config;
      tags.push({ type: 8, role: role.audio, timestamp, body: [0xaf, 1, ...frame.payload] });
      time += (1024 * 1000) / frame.sampleRate;
    }
    return tags;
  }

  #mp3(bytes: number[], packet: NaivePacket): NaiveTag[] {
    const { frames, damage } = naiveMp3Frames(bytes);
    let time = this.#clock.place('audio', Number.isNaN(packet.dts) ? packet.pts : packet.dts);
    const tags: NaiveTag[] = [];
    if (damage !== undefined) this.#clock.warnings.push(damage);
    for (const { flags, payload, duration, missing } of frames) {
      time += missing * duration;
      const timestamp = this.#clock.stamp('audio', time);
      tags.push({ type: 8, role: role.audio, timestamp, body: [flags, ...payload] });
      time += duration;
    }
    return tags;
  }
}

class NaiveVideo {
  readonly codec: 'h264' | 'h265';
  readonly #clock: NaiveClock;
  #legacyHevc: boolean;
  readonly #avcSps: NaiveAvcSps[] = [];
  readonly #avcPps: NaiveAvcPps[] = [];
  readonly #spsExtensions: { id: number; nal: readonly number[] }[] = [];
  readonly #vps: { id: number; nal: readonly number[] }[] = [];
  readonly #hevcSps: NaiveHevcSps[] = [];
  readonly #hevcPps: NaiveHevcPps[] = [];
  /** Ids that a picture has activated; parameter sets that come deactivate them. */
  #active: { pps: number; stale: boolean; avcSps?: NaiveAvcSps; hevcSps?: NaiveHevcSps } | undefined;
  #pending: (readonly number[])[] = [];
  #pendingRecovery = false;
  #started = false;
  #hintTold = false;
  /** Packets of the picture that waits for the next one. */
  #held: NaivePacket[] | undefined;
  #isApart = false;
  #whole = 0;
  /** ms from one picture to the next; 1: not known. */
  frameDuration = 1;
  #latestPps = -1;
  #ppsCame = false;
  #record: number[] = [];
  /** The first slice of the packet at hand. */
  #picture: readonly number[] | undefined;
  #sent = '';

  constructor(codec: 'h264' | 'h265', clock: NaiveClock, legacyHevc: boolean) {
    this.codec = codec;
    this.#clock = clock;
    this.#legacyHevc = legacyHevc;
  }

  changeForm(legacy: boolean): void {
    this.#legacyHevc = legacy;
    if (this.codec === 'h265') this.#sent = '';
  }

  /** Takes a packet apart into pictures, or puts it together with others: what is held waits for the next. */
  take(packet: NaivePacket, out: NaiveTag[]): void {
    const bytes = [...packet.data];
    let isRead = packet.encrypted !== true;
    try {
      if (isRead) naiveNalUnits(bytes);
    } catch {
      isRead = false;
    }
    const errors: unknown[] = [];
    if (!isRead) this.#try(errors, () => this.flush(out));
    const pieces = isRead ? naivePieces(bytes) : [];
    const places = pieces.map(({ nal }) => this.#place(nal));
    const slices = places.filter((place) => place === 'first' || place === 'further');
    const begun = slices.filter((place) => place === 'first').length;
    const isSimple = !this.#isApart && this.#held === undefined && begun < 2 && slices[0] !== 'further';
    if (!isRead || isSimple) {
      // The last error counts.
      this.#try(errors, () => out.push(...this.mux(packet)));
      if (errors.length > 0) throw errors.at(-1);
      return;
    }
    for (const [i, { nal }] of pieces.entries()) {
      if (places[i] === 'first' || places[i] === 'further') break;
      const type = nal[0]! % 32;
      if (this.codec === 'h264' && nal[0]! < 128 && (type === 7 || type === 8))
        this.#try([], () => this.#store(nal));
    }
    const cuts = this.#cuts(pieces, places);
    let pictures = 0;
    cuts.forEach((cut, i) => {
      const end = cuts[i + 1] ?? pieces.length;
      const part: NaivePacket = {
        ...packet,
        data: Uint8Array.from(
          bytes.slice(cut === 0 ? 0 : pieces[cut]!.code, pieces[end]?.code ?? bytes.length),
        ),
        keyFrame: cut === 0 ? packet.keyFrame : undefined,
      };
      const here = places.slice(cut, end);
      if (here.includes('first') && pictures++ > 0) {
        part.dts = this.#clock.later(part.dts, (pictures - 1) * this.frameDuration);
        part.pts = this.#clock.later(part.pts, (pictures - 1) * this.frameDuration);
      }
      this.#takePart(part, here, errors, out);
    });
    if (errors.length > 0) throw errors[0];
  }

  #takePart(part: NaivePacket, places: readonly string[], errors: unknown[], out: NaiveTag[]): void {
    if (places.includes('first')) {
      this.#try(errors, () => this.flush(out));
      if (this.#isApart) this.#held = [part];
      else this.#try(errors, () => out.push(...this.mux(part)));
    } else if (places.includes('further')) {
      const wasApart = this.#isApart;
      this.#isApart = true;
      this.#whole = 0;
      if (this.#held !== undefined && this.#isOfHeld(part)) this.#held.push(part);
      else {
        if (wasApart) for (const lost of this.#held ?? []) if (this.#isLoss(lost)) this.#started = false;
        if (wasApart) this.#held = undefined;
        if (this.#isLoss(part)) this.#started = false;
        errors.push(new NaiveError('ERR_CLOUDPUSH_VIDEO_PICTURE_TORN'));
      }
    } else if (this.#held !== undefined && places.every((place) => place === 'trailing'))
      this.#held.push(part);
    else {
      this.#try(errors, () => this.flush(out));
      this.#try(errors, () => out.push(...this.mux(part)));
    }
  }

  #isOfHeld(part: NaivePacket): boolean {
    const [first] = this.#held!;
    const distance = (a: number, b: number) => (Object.is(a, b) ? 0 : Math.abs(a - b));
    const apart = Math.max(distance(first!.dts, part.dts), distance(first!.pts, part.pts));
    if (apart === 0) return true;
    if (this.codec === 'h265') return apart <= 20;
    const slice = (packet: NaivePacket) =>
      naivePieces([...packet.data]).find(({ nal }) => [1, 2, 5].includes(nal[0]! % 32))?.nal;
    const a = slice({ ...first!, data: Buffer.concat(this.#held!.map(({ data }) => data)) });
    const b = slice(part);
    if (a === undefined || b === undefined) return false;
    const [one, other] = [a, b].map((nal) => naiveAvcPicture(nal, this.#avcPps, this.#avcSps));
    return one !== undefined && JSON.stringify(one) === JSON.stringify(other);
  }

  flush(out: NaiveTag[]): void {
    if (this.#held === undefined) return;
    const held = this.#held;
    this.#held = undefined;
    this.#whole = held.length > 1 ? 0 : this.#whole + 1;
    if (this.#whole >= 50) this.#isApart = false;
    out.push(...this.mux({ ...held[0]!, data: Buffer.concat(held.map(({ data }) => data)) }));
  }

  #try(errors: unknown[], work: () => void): void {
    try {
      work();
    } catch (error) {
      errors.push(error);
    }
  }

  /** Indices of the NAL units that pictures begin with; 0 first. */
  #cuts(pieces: readonly NaivePiece[], places: readonly string[]): number[] {
    const cuts = [0];
    let slice: readonly number[] | undefined;
    let last = -1;
    for (let i = 0; i < pieces.length; i++) {
      const { nal } = pieces[i]!;
      if (places[i] !== 'first' && places[i] !== 'further') continue;
      if (places[i] === 'first' && slice !== undefined && this.#isOther(slice, nal)) {
        let cut = last + 1;
        while (cut < i && places[cut] === 'trailing') cut++;
        cuts.push(cut);
        slice = nal;
      }
      slice ??= nal;
      last = i;
    }
    return cuts;
  }

  #isOther(first: readonly number[], second: readonly number[]): boolean {
    if (this.codec === 'h265') return true;
    const [a, b] = [first, second].map((nal) => naiveAvcPicture(nal, this.#avcPps, this.#avcSps));
    if (a === undefined || b === undefined) return true;
    const isSecondField = a.field + b.field === 3 && a.frame === b.frame && !b.idr;
    return JSON.stringify(a) !== JSON.stringify(b) && !isSecondField;
  }

  picturesIn(data: Uint8Array): number {
    return naivePieces([...data]).filter(({ nal }) => this.#place(nal) === 'first').length;
  }

  #place(nal: readonly number[]): 'first' | 'further' | 'leading' | 'trailing' {
    if (nal[0]! >= 128) return 'trailing';
    if (this.codec === 'h264') {
      const type = nal[0]! % 32;
      if ([1, 2, 5].includes(type)) return (nal[1] ?? 255) >= 128 ? 'first' : 'further';
      return [6, 7, 8, 9, 13, 14, 15, 16].includes(type) ? 'leading' : 'trailing';
    }
    if (nal.length < 2 || nal[0]! % 2 > 0 || nal[1]! >= 8) return 'trailing';
    const type = Math.floor(nal[0]! / 2);
    if (type < 10 || (type > 15 && type < 22)) return (nal[2] ?? 255) >= 128 ? 'first' : 'further';
    return [32, 33, 34, 35, 39].includes(type) ? 'leading' : 'trailing';
  }

  mux(packet: NaivePacket): NaiveTag[] {
    const kept: (readonly number[])[] = [];
    this.#picture = undefined;
    try {
      return this.#mux(packet, kept);
    } catch (error) {
      if (this.#isLoss(packet)) this.#started = false;
      throw error;
    } finally {
      if (this.#picture !== undefined) {
        this.#pending = [];
        this.#pendingRecovery = false;
      }
    }
  }

  #mux(packet: NaivePacket, kept: (readonly number[])[]): NaiveTag[] {
    let randomAccess = false;
    let disposable = false;
    let recovery = this.#pendingRecovery;
    let overruns = false;
    let hidden: readonly number[] | undefined;
    const opaque = packet.encrypted === true && !this.#isReadable(packet.data);
    if (opaque) {
      const bytes = [...packet.data];
      const start = startsWithCode(bytes) ? bytes.indexOf(1) + 1 : 0;
      const nal = bytes.slice(start);
      this.#activate(nal, true);
      this.#picture = nal;
      kept.push(nal);
    }
    for (const nal of opaque ? [] : naiveNalUnits([...packet.data])) {
      const kind = this.#kind(nal);
      if (kind === 'ignored') continue;
      kept.push(nal);
      if (packet.encrypted !== true && this.#overruns(nal, kind)) overruns = true;
      if (kind === 'set') this.#store(nal);
      if (kind === 'sei' && !packet.encrypted && hasRecoveryPoint(nal)) recovery = true;
      if (kind !== 'slice') continue;
      if (this.#isIrap(nal)) randomAccess = true;
      if (this.#picture !== undefined) {
        if (packet.encrypted !== true) this.#sameSequence(nal);
        continue;
      }
      this.#picture = nal;
      this.#activate(nal, packet.encrypted === true);
      disposable = this.#isDisposable(nal);
    }
    if (recovery && this.codec === 'h264' && !opaque) randomAccess = true;
    if (this.#picture === undefined && packet.encrypted !== true) {
      hidden = kept.map((nal) => this.#hidden(nal)).find((picture) => picture !== undefined);
      if (hidden !== undefined) {
        if (this.#isMissed(hidden)) this.#started = false;
        throw new NaiveError('ERR_CLOUDPUSH_VIDEO_START_CODE_LOST');
      }
    }
    if (overruns) this.#clock.warnings.push('ERR_CLOUDPUSH_VIDEO_START_CODE_LOST');
    if (this.#picture === undefined) {
      this.#keepPending(kept);
      this.#pendingRecovery = recovery;
      return [];
    }
    const key = packet.encrypted === true ? (packet.keyFrame ?? randomAccess) : randomAccess;
    if (packet.keyFrame !== undefined && packet.keyFrame !== key && !this.#hintTold) {
      this.#hintTold = true;
      this.#clock.warnings.push('ERR_CLOUDPUSH_VIDEO_KEY_FRAME_HINT');
    }
    if (!this.#started && !key) throw new NaiveError('ERR_CLOUDPUSH_VIDEO_NO_KEY_FRAME');
    const { timestamp, offset } = this.#clock.placeVideo(packet.dts, packet.pts);
    this.#started = true;
    const tags: NaiveTag[] = [];
    const record = this.#record;
    if (record.join() !== this.#sent) {
      tags.push({ type: 9, role: role.videoHeader, timestamp, body: [...this.#sequenceHeader(), ...record] });
    }
    this.#sent = record.join();
    const body = this.#frameHeader(key, offset);
    const delimiters = !opaque && this.#kind(kept[0]!) === 'delimiter' ? 1 : 0;
    kept.splice(delimiters, 0, ...this.#pending);
    for (const nal of kept) body.push(...big(nal.length, 4), ...nal);
    tags.push({ type: 9, role: key ? role.key : disposable ? role.disposable : role.inter, timestamp, body });
    return tags;
  }

  /** Pictures that refer to one that was refused cannot be decoded; what cannot be read may have been one. */
  #isLoss({ data, encrypted }: NaivePacket): boolean {
    const bytes = [...data];
    if (bytes.length === 0) return false;
    if (encrypted === true && !this.#isReadable(data)) return true;
    const nals = naiveUnits(bytes);
    if (!startsWithCode(bytes)) {
      const size = ((bytes[0]! * 256 + bytes[1]!) * 256 + bytes[2]!) * 256 + bytes[3]!;
      const nal = bytes.slice(bytes.length > 4 && size <= bytes.length - 4 ? 4 : 0);
      if (nal[0]! < 128) nals.push(nal);
    }
    return nals.some((nal) => this.#isMissed(nal));
  }

  #isMissed(nal: readonly number[]): boolean {
    if (nal[0]! >= 128) return true;
    if (this.codec === 'h264') return [1, 2, 5].includes(nal[0]! % 32) && Math.floor(nal[0]! / 32) % 4 > 0;
    const type = Math.floor(nal[0]! / 2);
    if (type > 21 || (type > 9 && type < 16)) return false;
    if (nal[0]! % 2 > 0 || nal[1]! >= 8) return false;
    const subLayers = this.#active?.hevcSps?.maxSubLayers ?? 7;
    return !(type <= 14 && type % 2 === 0 && (nal[1] ?? 0) % 8 >= subLayers);
  }

  get #sets(): readonly { readonly id: number; readonly nal: readonly number[] }[] {
    return [
      ...this.#avcSps,
      ...this.#avcPps,
      ...this.#spsExtensions,
      ...this.#vps,
      ...this.#hevcSps,
      ...this.#hevcPps,
    ];
  }

  /** Tells whether a NAL unit is at least three bytes longer, or shorter, than it was, or than it can be. */
  #overruns(nal: readonly number[], kind: string): boolean {
    if (kind === 'delimiter') return nal.length >= this.#headerSize + 4;
    if (kind !== 'set' || this.#sets.some((set) => set.nal.join() === nal.join())) return false;
    return this.#sets.some(({ nal: known }) => isLonger(known, nal) || isLonger(nal, known));
  }

  get #headerSize(): number {
    return this.codec === 'h264' ? 1 : 2;
  }

  /** The picture in a NAL unit that is none, behind where it ends and a start code that is none any more. */
  #hidden(nal: readonly number[]): readonly number[] | undefined {
    const ends: number[] = [];
    const kind = this.#kind(nal);
    if (kind === 'delimiter') ends.push(this.#headerSize + 1);
    if (kind === 'sei') ends.push(...seiEnds(nal, this.#headerSize));
    if (kind === 'set')
      for (const { nal: known } of this.#sets) if (isLonger(nal, known)) ends.push(known.length);
    return ends
      .flatMap((end) => [nal.slice(end + 3), nal.slice(end + 4)])
      .find((rest) => rest.length > 0 && this.#place(rest) === 'first' && this.#knowsPps(rest));
  }

  #knowsPps(slice: readonly number[]): boolean {
    try {
      const avc = this.codec === 'h264';
      const id = avc ? naiveAvcSlicePps(slice) : naiveHevcSlicePps(slice);
      return [...this.#avcPps, ...this.#hevcPps].some((set) => set.id === id);
    } catch {
      return false;
    }
  }

  #isReadable(data: Uint8Array): boolean {
    const bytes = [...data];
    if (!startsWithCode(bytes)) return bytes.length === 0;
    try {
      for (const nal of naiveNalUnits(bytes)) this.#kind(nal);
      return true;
    } catch {
      return false;
    }
  }

  #kind(nal: readonly number[]): 'slice' | 'set' | 'sei' | 'delimiter' | 'ignored' | 'suffix' | 'other' {
    if (nal[0]! >= 128) throw new NaiveError('ERR_CLOUDPUSH_VIDEO_FORBIDDEN_BIT');
    if (this.codec === 'h264') {
      const type = nal[0]! % 32;
      if ([0, 12, 17, 18, 22, 23].includes(type) || type >= 24) return 'ignored';
      if (type === 1 || type === 2 || type === 5) return 'slice';
      if (type === 7 || type === 8 || type === 13) return 'set';
      return type === 6 ? 'sei' : type === 9 ? 'delimiter' : 'other';
    }
    const type = Math.floor(nal[0]! / 2);
    if ((type >= 10 && type <= 15) || (type >= 22 && type <= 31) || type === 38 || type >= 41)
      return 'ignored';
    if (type > 34 && (nal.length < 2 || nal[1]! % 8 === 0)) return 'ignored';
    if (nal.length < 2) throw new NaiveError('ERR_CLOUDPUSH_VIDEO_CUT_OFF');
    if (nal[1]! % 8 === 0) throw new NaiveError('ERR_CLOUDPUSH_VIDEO_NAL_HEADER_INVALID');
    const layer = (nal[0]! % 2) * 32 + Math.floor(nal[1]! / 8);
    if (layer > 0) return 'other';
    if (type < 32) return 'slice';
    if (type <= 34) return 'set';
    return type === 35 ? 'delimiter' : type === 39 ? 'sei' : type === 40 ? 'suffix' : 'other';
  }

  #store(nal: readonly number[]): void {
    const type = this.codec === 'h264' ? nal[0]! % 32 : Math.floor(nal[0]! / 2);
    const isPps = type === (this.codec === 'h264' ? 8 : 34);
    if (isPps) this.#ppsCame = true;
    const known = [...this.#avcPps, ...this.#hevcPps].find((set) => set.nal.join() === nal.join());
    if (known !== undefined) this.#latestPps = known.id;
    const lists = [this.#avcSps, this.#avcPps, this.#spsExtensions, this.#vps, this.#hevcSps, this.#hevcPps];
    if (lists.some((list) => list.some((set) => set.nal.join() === nal.join()))) return;
    const cutShort = this.#sets.find((set) => isLonger(nal, set.nal));
    if (cutShort !== undefined) {
      if (isPps) this.#latestPps = cutShort.id;
      return;
    }
    if (this.codec === 'h264') {
      if (type === 7) put(this.#avcSps, naiveAvcSps(nal), 31);
      if (type === 8) put(this.#avcPps, naiveAvcPps(nal, this.#avcSps), 255);
      if (type === 13) put(this.#spsExtensions, { id: naiveAvcSpsExtension(nal), nal }, 31);
    } else {
      if (type === 32) put(this.#vps, { id: naiveHevcVps(nal), nal }, 16);
      if (type === 33) put(this.#hevcSps, naiveHevcSps(nal), 16);
      if (type === 34) put(this.#hevcPps, naiveHevcPps(nal), 64);
    }
    if (isPps) {
      const now = [...this.#avcPps, ...this.#hevcPps].find((set) => set.nal.join() === nal.join());
      this.#latestPps = now!.id;
    }
    if (this.#active !== undefined) this.#active.stale = true;
  }

  /** A further slice must be of the same SPS as the first. */
  #sameSequence(slice: readonly number[]): void {
    const avc = this.codec === 'h264';
    const id = avc ? naiveAvcSlicePps(slice) : naiveHevcSlicePps(slice);
    if (this.#active!.stale === false && this.#active!.pps === id) return;
    const ppsList: readonly { id: number; spsId: number }[] = avc ? this.#avcPps : this.#hevcPps;
    const pps = ppsList.find((set) => set.id === id);
    const active = avc ? this.#active!.avcSps!.id : this.#active!.hevcSps!.id;
    if (pps?.spsId !== active) throw new NaiveError('ERR_CLOUDPUSH_PARAMETER_SETS_MISMATCH');
  }

  #activate(slice: readonly number[], encrypted: boolean): void {
    const avc = this.codec === 'h264';
    const before = this.#active;
    const ppsList: readonly { id: number; spsId: number }[] = avc ? this.#avcPps : this.#hevcPps;
    const spsCount = avc ? this.#avcSps.length : this.#hevcSps.length;
    if (ppsList.length === 0 || spsCount === 0 || (!avc && this.#vps.length === 0)) {
      throw new NaiveError('ERR_CLOUDPUSH_NO_SPS_PPS');
    }
    if (encrypted && this.#active?.stale === false && !this.#ppsCame) return;
    const id = encrypted ? this.#latestPps : avc ? naiveAvcSlicePps(slice) : naiveHevcSlicePps(slice);
    if (!encrypted) this.#ppsCame = false;
    if (this.#active?.stale === false && this.#active.pps === id) return;
    const pps = ppsList.find((set) => set.id === id);
    if (pps === undefined) throw new NaiveError('ERR_CLOUDPUSH_PARAMETER_SETS_MISMATCH');
    if (avc) {
      const avcSps = this.#avcSps.find((set) => set.id === pps.spsId);
      if (avcSps === undefined) throw new NaiveError('ERR_CLOUDPUSH_PARAMETER_SETS_MISMATCH');
      this.#active = { pps: id, stale: false, avcSps };
    } else {
      const hevcSps = this.#hevcSps.find((set) => set.id === pps.spsId);
      if (hevcSps === undefined || !this.#vps.some((set) => set.id === hevcSps.vpsId)) {
        throw new NaiveError('ERR_CLOUDPUSH_PARAMETER_SETS_MISMATCH');
      }
      this.#active = { pps: id, stale: false, hevcSps };
    }
    const sameSps = before?.avcSps === this.#active.avcSps && before?.hevcSps === this.#active.hevcSps;
    this.#ppsCame = false;
    // Parameter sets that come behind the first slice are for the next picture: the record is what it is now.
    if (before?.stale !== false || !sameSps) this.#record = avc ? this.#avcRecord() : this.#hevcRecord();
  }

  #isIrap(nal: readonly number[]): boolean {
    const type = Math.floor(nal[0]! / 2);
    return this.codec === 'h264' ? nal[0]! % 32 === 5 : type >= 16 && type <= 23;
  }

  #isDisposable(nal: readonly number[]): boolean {
    if (this.codec === 'h264') return Math.floor(nal[0]! / 32) % 4 === 0;
    const type = Math.floor(nal[0]! / 2);
    return type <= 14 && type % 2 === 0 && nal[1]! % 8 >= this.#active!.hevcSps!.maxSubLayers;
  }

  #keepPending(kept: readonly (readonly number[])[]): void {
    for (const nal of kept) {
      const kind = this.#kind(nal);
      if (kind !== 'sei' && kind !== 'other') continue;
      const size = [...this.#pending, nal].reduce((sum, one) => sum + 4 + one.length, 0);
      if (size > 65_536) throw new NaiveError('ERR_CLOUDPUSH_VIDEO_PENDING_LIMIT');
      this.#pending.push(nal);
    }
  }

  #frameHeader(key: boolean, offset: number): number[] {
    const frameType = key ? 0x10 : 0x20;
    const compositionTime = big((offset + 2 ** 24) % 2 ** 24, 3);
    if (this.codec === 'h264') return [frameType + 7, 1, ...compositionTime];
    if (this.#legacyHevc) return [frameType + 12, 1, ...compositionTime];
    const fourCc = [...Buffer.from('hvc1')];
    return offset === 0
      ? [0x80 + frameType + 3, ...fourCc]
      : [0x80 + frameType + 1, ...fourCc, ...compositionTime];
  }

  #sequenceHeader(): number[] {
    if (this.codec === 'h264') return [0x17, 0, 0, 0, 0];
    return this.#legacyHevc ? [0x1c, 0, 0, 0, 0] : [0x90, ...Buffer.from('hvc1')];
  }

  #avcRecord(): number[] {
    const sps = this.#active!.avcSps!;
    const sets = (list: readonly { nal: readonly number[] }[]) =>
      list.flatMap(({ nal }) => [...big(nal.length, 2), ...nal]);
    const ppsList = this.#avcPps.filter(({ spsId }) => spsId === sps.id);
    const record = [1, sps.profile, sps.constraints, sps.level, 0xff, 0xe1, ...sets([sps])];
    record.push(ppsList.length, ...sets(ppsList));
    if (!highProfiles.includes(sps.profile)) return record;
    record.push(0xfc + sps.chroma, 0xf8 + sps.lumaDepth - 8, 0xf8 + sps.chromaDepth - 8);
    const extensions = this.#spsExtensions.filter(({ id }) => id === sps.id);
    return [...record, extensions.length, ...sets(extensions)];
  }

  #hevcRecord(): number[] {
    const sps = this.#active!.hevcSps!;
    const ppsList = this.#hevcPps.filter(({ spsId }) => spsId === sps.id);
    const kinds = new Set(
      ppsList.map(({ tiles, wavefront }) => (wavefront ? (tiles ? 0 : 3) : tiles ? 2 : 1)),
    );
    const parallelism = sps.minSpatialSegmentation > 0 && kinds.size === 1 ? [...kinds][0]! : 0;
    const record = [
      1,
      ...sps.profileTierLevel,
      ...big(0xf000 + sps.minSpatialSegmentation, 2),
      0xfc + parallelism,
    ];
    record.push(0xfc + sps.chroma, 0xf8 + sps.lumaDepth - 8, 0xf8 + sps.chromaDepth - 8, 0, 0);
    record.push(sps.maxSubLayers * 8 + (sps.nesting ? 4 : 0) + 3, 3);
    for (const [type, list] of [
      [32, this.#vps.filter(({ id }) => id === sps.vpsId)],
      [33, [sps]],
      [34, ppsList],
    ] as const) {
      record.push(type, ...big(list.length, 2));
      for (const { nal } of list) record.push(...big(nal.length, 2), ...nal);
    }
    return record;
  }
}

function startsWithCode(bytes: readonly number[]): boolean {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first >= 2 && bytes[first] === 1;
}

interface NaivePiece {
  /** Offset of its start code. */
  readonly code: number;
  readonly nal: readonly number[];
}

/** The NAL units that are not empty, with the places of their start codes. */
function naivePieces(bytes: readonly number[]): NaivePiece[] {
  const pieces: NaivePiece[] = [];
  for (let i = 0; i + 2 < bytes.length; i++) {
    if (bytes[i] !== 0 || bytes[i + 1] !== 0 || bytes[i + 2] !== 1) continue;
    let end = i + 3;
    while (end < bytes.length && !(bytes[end] === 0 && bytes[end + 1] === 0 && bytes[end + 2] === 1)) end++;
    const nal = bytes.slice(i + 3, end);
    while (nal.at(-1) === 0) nal.pop();
    if (nal.length > 0) pieces.push({ code: i >= 1 && bytes[i - 1] === 0 ? i - 1 : i, nal });
  }
  return pieces;
}

/** The bytes behind each start code, up to the next. */
function naiveUnits(bytes: readonly number[]): number[][] {
  const starts: number[] = [];
  for (let i = 0; i + 2 < bytes.length; i++) {
    if (bytes[i] === 0 && bytes[i + 1] === 0 && bytes[i + 2] === 1) starts.push(i + 3);
  }
  const units = starts.map((start, i) =>
    bytes.slice(start, i + 1 < starts.length ? starts[i + 1]! - 3 : bytes.length),
  );
  return units.filter(({ length }) => length > 0);
}

/** Finds NAL units by looking at every byte. */
function naiveNalUnits(bytes: readonly number[]): number[][] {
  if (bytes.length === 0) throw new NaiveError('ERR_CLOUDPUSH_VIDEO_EMPTY');
  const starts: number[] = [];
  for (let i = 0; i + 2 < bytes.length; i++) {
    if (bytes[i] === 0 && bytes[i + 1] === 0 && bytes[i + 2] === 1) starts.push(i + 3);
  }
  const leading = bytes.slice(0, starts.length === 0 ? bytes.length : starts[0]! - 3);
  if (starts.length === 0 || leading.some((byte) => byte !== 0)) {
    throw new NaiveError('ERR_CLOUDPUSH_VIDEO_NO_START_CODE');
  }
  const full = naiveUnits(bytes).map((nal) => {
    while (nal.at(-1) === 0) nal.pop();
    return nal;
  });
  const units = full.filter(({ length }) => length > 0);
  if (units.length === 0) throw new NaiveError('ERR_CLOUDPUSH_VIDEO_CUT_OFF');
  return units;
}

/** Tells whether one of the SEI messages that are whole up to their header is of payload type 6. */
function hasRecoveryPoint(nal: readonly number[]): boolean {
  const rbsp = withoutEmulation(nal.slice(1));
  let at = 0;
  const variable = (): number => {
    let value = 0;
    while (rbsp[at] === 255) {
      value += 255;
      at++;
    }
    const last = rbsp[at++];
    return last === undefined ? Number.NaN : value + last;
  };
  while (rbsp.length - at >= 2) {
    const type = variable();
    const size = variable();
    if (Number.isNaN(size)) return false;
    if (type === 6) return true;
    at += size;
  }
  return false;
}

/** Tells whether `nal` is `other`, but for its last byte, with at least three bytes more. */
function isLonger(nal: readonly number[], other: readonly number[]): boolean {
  const beginning = other.slice(0, -1);
  return nal.length >= other.length + 3 && nal.slice(0, beginning.length).join() === beginning.join();
}

/**
 * Behind the trailing bits that may follow each message of an SEI, emulation prevention counted; none where
 * it ends well.
 */
function seiEnds(nal: readonly number[], headerSize: number): number[] {
  const rbsp = withoutEmulation(nal.slice(headerSize));
  const ends: number[] = [];
  let at = 0;
  const variable = (): number => {
    let value = 0;
    for (; rbsp[at] === 255; at++) value += 255;
    return value + (rbsp[at++] ?? Number.NaN);
  };
  for (;;) {
    variable();
    const size = variable();
    at += size;
    if (!(at < rbsp.length)) return ends;
    if (at === rbsp.length - 1 && rbsp[at] === 0x80) return [];
    // As long a beginning of the NAL unit as gives so many bytes.
    for (let end = headerSize + at + 1; end <= nal.length; end++) {
      if (withoutEmulation(nal.slice(headerSize, end)).length !== at + 1) continue;
      ends.push(end);
      break;
    }
  }
}
