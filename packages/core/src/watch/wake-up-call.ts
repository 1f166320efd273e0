/** A sleep that can be ended by a call. One sleeper at a time; a call while nobody sleeps is forgotten. */
export class WakeUpCall {
  #wake: (() => void) | undefined;

  /** @param ms not waited to the end if called before. */
  async sleep(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, ms));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }

  call(): void {
    this.#wake?.();
  }
}
