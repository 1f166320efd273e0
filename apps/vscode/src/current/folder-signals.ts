import { Emitter, type Event } from "../events/emitter.ts";

/** What is noticed of the files of folders, told by the URIs of these. */
export class FolderSignals {
  readonly #missedChanges = new Emitter<string>();
  readonly #touchedIndex = new Emitter<string>();

  /** Files have changed, and nothing brings that into the index by itself. */
  get onDidMissChanges(): Event<string> {
    return this.#missedChanges.event;
  }

  /** The lock of the index or what it says of itself has changed on the disk, by whoever it was. */
  get onDidTouchIndex(): Event<string> {
    return this.#touchedIndex.event;
  }

  missChanges(folder: string): void {
    this.#missedChanges.fire(folder);
  }

  touchIndex(folder: string): void {
    this.#touchedIndex.fire(folder);
  }
}
