import type { HevcForm } from '@cloudpush/muxer';
import type { RtmpPublisher } from '@cloudpush/transport';
import { describe, expect, test } from 'vitest';
import { CodecNegotiation } from './codec-negotiation.js';

interface Server {
  /** Codecs that it refuses, in one form (`hvc1 enhanced`) or in any (`av01`). */
  readonly refuses?: readonly string[];
  /** Codecs of video that it announces; undefined: none. */
  readonly announced?: readonly string[];
  readonly legacyHevc?: boolean;
  readonly enhanced?: boolean;
}

/** A server that takes H.265 in its enhanced form when nothing is wished for, and notes what it is asked. */
class FakeServer {
  readonly asked: string[] = [];
  readonly profile: { readonly legacyHevc: boolean; readonly enhanced: boolean };
  readonly capabilities: { readonly kinds: ReadonlySet<string>; readonly fourCcs: ReadonlySet<string> };
  readonly #refuses: readonly string[];

  constructor({ refuses = [], announced, legacyHevc = true, enhanced = true }: Server = {}) {
    this.#refuses = refuses;
    this.profile = { legacyHevc, enhanced };
    this.capabilities = {
      kinds: new Set(announced === undefined ? [] : ['video']),
      fourCcs: new Set(announced),
    };
  }

  formOf(fourCc: string, wish = 'auto'): HevcForm {
    this.asked.push(`${fourCc} ${wish}`);
    const form = wish === 'auto' ? 'enhanced' : wish;
    for (const refused of [fourCc, `${fourCc} ${form}`])
      if (this.#refuses.includes(refused)) throw new Error(`${refused} refused`);
    return form as HevcForm;
  }

  get publisher(): RtmpPublisher {
    return this as unknown as RtmpPublisher;
  }
}

function agreement({ given = false, form = 'legacy' as HevcForm } = {}) {
  const muxer = {
    hevcForm: form,
    convertHevc: (other: HevcForm) => {
      muxer.hevcForm = other;
    },
  };
  return { muxer, codecs: new CodecNegotiation(muxer, given) };
}

describe('H.265 that is not of the stream', () => {
  test('goes out in the form of the stream, once that is decided, or asked for', () => {
    for (const form of ['legacy', 'enhanced'] as const) {
      const given = agreement({ given: true, form });
      const decided = agreement({ form });
      decided.codecs.note('hvc1');
      for (const { codecs } of [given, decided])
        for (const isRefused of [false, true])
          expect(codecs.hevcFormFor(new FakeServer().publisher, isRefused)).toBe(form);
    }
  });

  test('goes out in the form that suits its server before', () => {
    const { codecs, muxer } = agreement();
    const formFor = (server: Server, isRefused: boolean) =>
      codecs.hevcFormFor(new FakeServer(server).publisher, isRefused);
    expect(formFor({}, false)).toBe('enhanced');
    expect(formFor({}, true)).toBe('legacy');
    expect(formFor({ legacyHevc: false }, true)).toBe('enhanced');
    expect(() => formFor({ refuses: ['hvc1'] }, false)).toThrow('hvc1 refused');
    expect(muxer.hevcForm).toBe('legacy');
  });
});

describe('what must be asked of a server', () => {
  test('is each codec once', () => {
    const { codecs } = agreement();
    expect([codecs.isOpen('av01'), codecs.isOpen('hvc1')]).toEqual([true, true]);
    codecs.note('av01');
    expect([codecs.isOpen('av01'), codecs.isOpen('hvc1')]).toEqual([false, true]);
  });

  test('is nothing about H.265 when the caller has chosen its form', () => {
    const { codecs } = agreement({ given: true });
    expect([codecs.isOpen('hvc1'), codecs.isOpen('av01')]).toEqual([false, true]);
  });
});

describe('a server', () => {
  test('is asked about every codec that was noted, or about one of them', () => {
    const { codecs } = agreement();
    codecs.note('av01');
    codecs.note('Opus');
    const server = new FakeServer();
    expect(codecs.refusalOf(server.publisher, false)).toBeUndefined();
    expect(server.asked).toEqual(['av01 auto', 'Opus auto']);
    expect(codecs.refusalOf(server.publisher, false, 'Opus')).toBeUndefined();
    expect(server.asked.slice(2)).toEqual(['Opus auto']);
    expect(codecs.refusalOf(server.publisher, false, 'fLaC')).toBeUndefined();
    expect(server.asked.slice(3)).toEqual([]);
  });

  test('that takes one of them not is refused with its own reason', () => {
    const { codecs } = agreement();
    codecs.note('av01');
    codecs.note('Opus');
    const server = new FakeServer({ refuses: ['Opus'] });
    expect(codecs.refusalOf(server.publisher, false)).toMatchObject({ message: 'Opus refused' });
    expect(codecs.refusalOf(server.publisher, false, 'av01')).toBeUndefined();
  });

  test('decides about the form of H.265 when it is the first', () => {
    const { codecs, muxer } = agreement({ form: 'legacy' });
    codecs.note('hvc1');
    const server = new FakeServer();
    codecs.refusalOf(server.publisher, false);
    expect([server.asked, muxer.hevcForm]).toEqual([['hvc1 auto'], 'enhanced']);
  });

  test('decides nothing about H.265 when it is asked about another codec', () => {
    const { codecs, muxer } = agreement({ form: 'legacy' });
    codecs.note('av01');
    codecs.refusalOf(new FakeServer().publisher, false);
    expect(muxer.hevcForm).toBe('legacy');
  });

  test('must take the form that has been decided for when another publishes already', () => {
    const { codecs, muxer } = agreement({ form: 'legacy' });
    codecs.note('hvc1');
    const server = new FakeServer({ refuses: ['hvc1 legacy'] });
    expect(codecs.refusalOf(server.publisher, true)).toMatchObject({ message: 'hvc1 legacy refused' });
    expect([server.asked, muxer.hevcForm]).toEqual([['hvc1 legacy'], 'legacy']);
  });
});

describe('a server that closes on the enhanced form of H.265', () => {
  test('is sent the older one, and so is each that comes after it', () => {
    const { codecs, muxer } = agreement({ form: 'enhanced' });
    codecs.note('hvc1');
    expect(codecs.fallBack(new FakeServer().publisher)).toBe(true);
    expect(muxer.hevcForm).toBe('legacy');
    const next = new FakeServer();
    codecs.refusalOf(next.publisher, false);
    expect([next.asked, muxer.hevcForm]).toEqual([['hvc1 legacy'], 'legacy']);
  });

  test('is not sent another form twice, against the caller, or against what is known of it', () => {
    const once = agreement({ form: 'enhanced' });
    once.codecs.fallBack(new FakeServer().publisher);
    expect(once.codecs.fallBack(new FakeServer().publisher)).toBe(false);
    const given = agreement({ given: true, form: 'enhanced' });
    expect([given.codecs.fallBack(new FakeServer().publisher), given.muxer.hevcForm]).toEqual([
      false,
      'enhanced',
    ]);
    const enhancedOnly = agreement({ form: 'enhanced' });
    expect(enhancedOnly.codecs.fallBack(new FakeServer({ legacyHevc: false }).publisher)).toBe(false);
    expect(enhancedOnly.muxer.hevcForm).toBe('enhanced');
  });
});

describe('the user is warned of a server', () => {
  const warn = (form: HevcForm, server: Server, { given = false, noted = true } = {}): string | undefined => {
    const { codecs } = agreement({ given, form });
    if (noted) codecs.note('hvc1');
    return codecs.warningOf(0, new FakeServer(server).publisher);
  };

  test('that is not known to take the form in which H.265 goes out', () => {
    expect(warn('legacy', { legacyHevc: false })).toMatch(/legacy form/);
    expect(warn('legacy', { legacyHevc: true, enhanced: false })).toBeUndefined();
    expect(warn('enhanced', { enhanced: false })).toMatch(/enhanced form/);
    expect(warn('enhanced', { enhanced: true, legacyHevc: false })).toBeUndefined();
  });

  test('by what it announces rather than by what is known of its kind', () => {
    expect(warn('enhanced', { announced: ['av01'], enhanced: true })).toMatch(/enhanced form/);
    expect(warn('enhanced', { announced: ['hvc1'], enhanced: false })).toBeUndefined();
  });

  test('only when there is H.265, and the caller has not chosen its form', () => {
    expect(warn('legacy', { legacyHevc: false }, { given: true })).toBeUndefined();
    expect(warn('legacy', { legacyHevc: false }, { noted: false })).toBeUndefined();
  });

  test('once for each destination and form', () => {
    const { codecs, muxer } = agreement({ form: 'legacy' });
    codecs.note('hvc1');
    const { publisher } = new FakeServer({ legacyHevc: false, enhanced: false });
    const isWarned = (destination: number): boolean => codecs.warningOf(destination, publisher) !== undefined;
    expect([isWarned(0), isWarned(0), isWarned(1)]).toEqual([true, false, true]);
    muxer.hevcForm = 'enhanced';
    expect([isWarned(0), isWarned(0)]).toEqual([true, false]);
  });
});
