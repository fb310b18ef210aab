/**
 * Form in which FLV tags tell a track's codec: by number, by FourCC (Enhanced RTMP), or now so and now so.
 */
export type TagForm = 'legacy' | 'enhanced' | 'mixed';

/** The form of a track, after one more of its tags. */
export function formAfter(form: TagForm | undefined, enhanced: boolean): TagForm {
  const next = enhanced ? 'enhanced' : 'legacy';
  return form === undefined || form === next ? next : 'mixed';
}
