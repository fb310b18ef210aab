/** Pieces below this size are joined once so many are waiting. */
const SMALL_PIECE = 1024;
const MANY_PIECES = 64;
const JOINT_SIZE = 65_536;

/**
 * Bytes that come in pieces and go in portions of other sizes. A portion inside one piece is a view of it;
 * one that spans pieces is copied once.
 */
export class PieceBuffer {
  readonly #pieces: Uint8Array[] = [];
  /** The memory that the last piece begins, when that is one of small ones. */
  #joint = new Uint8Array(0);
  /** Bytes of the first piece that have gone. */
  #start = 0;
  size = 0;

  push(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.size += piece.length;
    if (piece.length < SMALL_PIECE && this.#pieces.length >= MANY_PIECES) this.#append(piece);
    else this.#pieces.push(piece);
  }

  /** Pieces that are kept. */
  get count(): number {
    return this.#pieces.length;
  }

  /** Copies a small piece behind the one before it: an object for each would take more than its bytes. */
  #append(piece: Uint8Array): void {
    const last = this.#pieces.length - 1;
    const tail = this.#pieces[last]!;
    if (tail.buffer !== this.#joint.buffer || tail.length + piece.length > JOINT_SIZE) {
      this.#joint = new Uint8Array(JOINT_SIZE);
      this.#joint.set(piece);
      this.#pieces.push(this.#joint.subarray(0, piece.length));
      return;
    }
    this.#joint.set(piece, tail.length);
    this.#pieces[last] = this.#joint.subarray(0, tail.length + piece.length);
  }

  /** The next `size` bytes, left in place; undefined while they are not all there. */
  peek(size: number): Uint8Array | undefined {
    if (size > this.size) return undefined;
    if (size === 0) return new Uint8Array(0);
    const first = this.#pieces[0]!;
    if (first.length - this.#start >= size) return first.subarray(this.#start, this.#start + size);
    const joined = new Uint8Array(size);
    let filled = 0;
    let start = this.#start;
    for (let i = 0; filled < size; i++) {
      const piece = this.#pieces[i]!;
      const end = Math.min(piece.length, start + size - filled);
      joined.set(piece.subarray(start, end), filled);
      filled += end - start;
      start = 0;
    }
    return joined;
  }

  /** Takes the next `size` bytes away; undefined, and nothing taken, while they are not all there. */
  take(size: number): Uint8Array | undefined {
    const bytes = this.peek(size);
    if (bytes !== undefined) this.#drop(size);
    return bytes;
  }

  #drop(size: number): void {
    this.size -= size;
    let left = size;
    let gone = 0;
    while (gone < this.#pieces.length && left >= this.#pieces[gone]!.length - this.#start) {
      left -= this.#pieces[gone]!.length - this.#start;
      this.#start = 0;
      gone++;
    }
    if (gone > 0) this.#pieces.splice(0, gone);
    this.#start += left;
  }
}
