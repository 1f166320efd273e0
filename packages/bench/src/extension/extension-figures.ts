/** What was measured of the VS Code extension in a real window. */
export interface ExtensionFigures {
  /**
   * Milliseconds of loading and `activate()`, for windows that were opened one after another, each with an extension
   * host of its own.
   */
  readonly activationMs: readonly number[];
  /**
   * The same as VS Code shows them ("Show Running Extensions"), with the time in which it loads other extensions that
   * are activated along with this one.
   */
  readonly shownActivationMs: readonly number[];
  /** The host of a window that nothing is done in. */
  readonly calm: HostFigures;
  /** The host while the workspace is indexed from nothing. */
  readonly indexing: HostFigures & { readonly seconds: number };
  /** Milliseconds from the last key of a text typed without a pause to the last change of the list. */
  readonly afterTypingMs: readonly number[];
  /** The same for single keys, each after a pause. */
  readonly afterPauseMs: readonly number[];
}

/** Of the process that runs the extension and nothing of the editor's window. */
export interface HostFigures {
  readonly medianRssBytes: number;
  readonly peakRssBytes: number;
  /** By how much timers came too late. */
  readonly eventLoopDelayP99Ms: number;
  readonly eventLoopDelayMaxMs: number;
}
