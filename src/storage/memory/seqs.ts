/** Sequences in ascending order; the newest is added at the end, any may go. */
export class Seqs {
  #seqs: number[] = [];
  /** What is before it has gone. */
  #from = 0;

  get size(): number {
    return this.#seqs.length - this.#from;
  }

  get last(): number | undefined {
    return this.size === 0 ? undefined : this.#seqs.at(-1);
  }

  add(seq: number): void {
    this.#seqs.push(seq);
  }

  /** The least that is not below `seq`. */
  from(seq: number): number | undefined {
    return this.#seqs[this.#indexOf(seq)];
  }

  delete(seq: number): void {
    const index = this.#indexOf(seq);
    if (this.#seqs[index] !== seq) return;
    if (index !== this.#from) {
      this.#seqs.splice(index, 1);
      return;
    }
    this.#from += 1;
    if (this.#from <= this.#seqs.length / 2) return;
    this.#seqs = this.#seqs.slice(this.#from);
    this.#from = 0;
  }

  #indexOf(seq: number): number {
    let low = this.#from;
    let high = this.#seqs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#seqs[middle] ?? 0) < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
