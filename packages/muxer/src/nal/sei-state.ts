import { equalBytes, readUint16, readUint32 } from '../bits/bytes.js';
import type { HdrCll, HdrMdcv } from '../colour/color-info.js';
import { SeiWalker } from './sei.js';

/** payloadType; the numbers are the same in both standards. */
const PayloadType = { recoveryPoint: 6, masteringDisplayColourVolume: 137, contentLightLevel: 144 } as const;

const MASTERING_DISPLAY_SIZE = 24;
const CONTENT_LIGHT_SIZE = 4;
/** Chromaticity counts in 0.00002, luminance in 0.0001 cd/m². */
const CHROMATICITY_UNITS = 50_000;
const LUMINANCE_UNITS = 10_000;

const nothing = new Uint8Array(0);

/** The state of a stream by its SEI messages (ISO/IEC 14496-10 Annex D, 23008-2 Annex D). */
export class SeiState {
  readonly #walker = new SeiWalker();
  #mdcvPayload: Uint8Array = nothing;
  #cllPayload: Uint8Array = nothing;
  /** Decoding can start at this access unit; the reader of the access unit resets it. */
  recoveryPoint = false;
  /** These hold from the access unit that brought them until others come, or until the sequence ends. */
  hdrMdcv: HdrMdcv | undefined;
  hdrCll: HdrCll | undefined;
  /** The access unit at hand has told them. */
  #mdcvIsFresh = false;
  #cllIsFresh = false;

  /** The access unit at hand begins another sequence: what was told before it holds no more. */
  beginSequence(): void {
    if (!this.#mdcvIsFresh) {
      this.#mdcvPayload = nothing;
      this.hdrMdcv = undefined;
    }
    if (!this.#cllIsFresh) {
      this.#cllPayload = nothing;
      this.hdrCll = undefined;
    }
  }

  /** Begins the next access unit: messages read from now on belong to it. */
  endAccessUnit(): void {
    this.#mdcvIsFresh = false;
    this.#cllIsFresh = false;
  }

  /** Reads an SEI NAL unit, from behind its header. */
  read(data: Uint8Array, start: number, end: number): void {
    const walker = this.#walker;
    walker.begin(data, start, end);
    while (walker.next()) {
      switch (walker.payloadType) {
        case PayloadType.recoveryPoint:
          this.recoveryPoint = true;
          walker.skipPayload();
          break;
        case PayloadType.masteringDisplayColourVolume:
          this.#takeMasteringDisplay(walker.readPayload());
          break;
        case PayloadType.contentLightLevel:
          this.#takeContentLight(walker.readPayload());
          break;
        default:
          walker.skipPayload();
      }
    }
  }

  /** mastering_display_colour_volume() (23008-2 §D.2.28): green, blue, red, white point, luminance. */
  #takeMasteringDisplay(payload: Uint8Array): void {
    if (payload.length < MASTERING_DISPLAY_SIZE) return;
    this.#mdcvIsFresh = true;
    if (equalBytes(payload, this.#mdcvPayload)) return;
    this.#mdcvPayload = payload;
    this.hdrMdcv = {
      greenX: readUint16(payload, 0) / CHROMATICITY_UNITS,
      greenY: readUint16(payload, 2) / CHROMATICITY_UNITS,
      blueX: readUint16(payload, 4) / CHROMATICITY_UNITS,
      blueY: readUint16(payload, 6) / CHROMATICITY_UNITS,
      redX: readUint16(payload, 8) / CHROMATICITY_UNITS,
      redY: readUint16(payload, 10) / CHROMATICITY_UNITS,
      whitePointX: readUint16(payload, 12) / CHROMATICITY_UNITS,
      whitePointY: readUint16(payload, 14) / CHROMATICITY_UNITS,
      maxLuminance: readUint32(payload, 16) / LUMINANCE_UNITS,
      minLuminance: readUint32(payload, 20) / LUMINANCE_UNITS,
    };
  }

  /** content_light_level_info() (§D.2.35). */
  #takeContentLight(payload: Uint8Array): void {
    if (payload.length < CONTENT_LIGHT_SIZE) return;
    this.#cllIsFresh = true;
    if (equalBytes(payload, this.#cllPayload)) return;
    this.#cllPayload = payload;
    this.hdrCll = { maxCLL: readUint16(payload, 0), maxFall: readUint16(payload, 2) };
  }
}
