/** Commands that the status bar offers. Its tooltip may run these and no others. */
export const statusCommands = {
  index: "resona.index",
  search: "resona.search",
  showHealth: "resona.showHealth",
  maintain: "resona.maintain",
  rebuild: "resona.rebuild",
  heal: "resona.heal",
  resume: "resona.resumeIndexing",
  pause: "resona.pauseIndexing",
  restart: "resona.restartEngine",
  showLog: "resona.showLog",
} as const;

export type StatusCommand = keyof typeof statusCommands;

/** Those that are not about one folder. */
export const commandsOfAllFolders: ReadonlySet<StatusCommand> = new Set(["search", "showLog"]);
