import { describe, expect, test } from 'vitest';
import { NO_CAPABILITIES, readCapabilities, takesFourCc } from '../common/capabilities.js';
import { chooseForm } from './codec-form.js';
import { serverProfile } from './profile.js';

const generic = serverProfile('generic');
const silent = NO_CAPABILITIES;

describe('the form of a codec', () => {
  test('is the enhanced one where a server says nothing', () => {
    const onlyReconnects = readCapabilities([{ capsEx: 1 }]);
    for (const capabilities of [silent, onlyReconnects])
      for (const fourCc of ['hvc1', 'av01', 'vp09', 'Opus', 'fLaC', 'ac-3', 'ec-3'])
        expect(chooseForm(fourCc, capabilities, generic)).toBe('enhanced');
  });

  test('is the older one for the oldest codecs, which every server knows by it', () => {
    const all = readCapabilities([{ fourCcList: ['*'] }]);
    for (const fourCc of ['avc1', 'mp4a', '.mp3']) expect(chooseForm(fourCc, all, generic)).toBe('legacy');
  });

  test('follows what a server has named of the same kind', () => {
    const hevcOnly = readCapabilities([{ fourCcList: ['hvc1'] }]);
    const all = readCapabilities([{ videoFourCcInfoMap: { '*': 4 } }]);
    const noHevc = readCapabilities([{ videoFourCcInfoMap: { av01: 4, hvc1: 0 } }]);
    expect(takesFourCc(all, 'av01')).toBe(true);
    expect(chooseForm('hvc1', hevcOnly, generic)).toBe('enhanced');
    expect(chooseForm('hvc1', all, serverProfile('xiu'))).toBe('enhanced');
    expect(chooseForm('hvc1', noHevc, generic)).toBe('legacy');
    expect(() => chooseForm('hvc1', noHevc, serverProfile('mediamtx'))).toThrow('it announced: av01');
    expect(() => chooseForm('av01', hevcOnly, generic)).toThrow('it announced: hvc1');
    const noOpus = readCapabilities([{ audioFourCcInfoMap: { fLaC: 1, Opus: 0 } }]);
    expect(() => chooseForm('Opus', noOpus, generic)).toThrow('it announced: fLaC');
    expect(chooseForm('fLaC', noOpus, generic)).toBe('enhanced');
  });

  test('of audio does not follow from what is named of video, nor the other way round', () => {
    const video = readCapabilities([{ fourCcList: ['av01', 'vp09', 'hvc1'] }]);
    const audio = readCapabilities([{ audioFourCcInfoMap: { Opus: 1 } }]);
    expect(chooseForm('Opus', video, generic)).toBe('enhanced');
    expect(chooseForm('av01', audio, generic)).toBe('enhanced');
  });

  test('is what the caller insists on', () => {
    expect(chooseForm('hvc1', silent, generic, 'legacy')).toBe('legacy');
    expect(chooseForm('av01', silent, serverProfile('xiu'), 'enhanced')).toBe('enhanced');
  });

  test('is the older one for servers that are known to take no other', () => {
    expect(chooseForm('hvc1', silent, serverProfile('xiu'))).toBe('legacy');
    expect(chooseForm('hvc1', silent, serverProfile('nginx-rtmp'))).toBe('legacy');
    expect(() => chooseForm('av01', silent, serverProfile('xiu'))).toThrow('its profile (xiu)');
  });
});
