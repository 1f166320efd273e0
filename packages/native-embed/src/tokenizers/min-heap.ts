/** Numbers of which the smallest can be taken: a binary heap in an array that grows. */
export class MinHeap {
  #keys = new Float64Array(INITIAL_CAPACITY);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get byteLength(): number {
    return this.#keys.byteLength;
  }

  push(key: number): void {
    if (this.#size === this.#keys.length) this.#grow();
    const keys = this.#keys;
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (keys[parent]! <= key) break;
      keys[at] = keys[parent]!;
      at = parent;
    }
    keys[at] = key;
  }

  /** Takes the smallest; the heap must not be empty. */
  pop(): number {
    const keys = this.#keys;
    const smallest = keys[0]!;
    const last = keys[--this.#size]!;
    const size = this.#size;
    let at = 0;
    for (let child = 1; child < size; child = at * 2 + 1) {
      if (child + 1 < size && keys[child + 1]! < keys[child]!) child++;
      if (keys[child]! >= last) break;
      keys[at] = keys[child]!;
      at = child;
    }
    keys[at] = last;
    return smallest;
  }

  #grow(): void {
    const larger = new Float64Array(this.#keys.length * 2);
    larger.set(this.#keys);
    this.#keys = larger;
  }
}

const INITIAL_CAPACITY = 256;
