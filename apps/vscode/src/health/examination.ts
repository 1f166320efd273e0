import type { DiagnosisProgress } from "../protocol/protocol.ts";

/** Reading every record of an index: how far that is, and in the end what it has come to. */
export type Examination =
  | {
      readonly kind: "running";
      /** Absent until the first records are read. */
      readonly progress?: DiagnosisProgress;
    }
  | {
      readonly kind: "done";
      readonly at: Date;
      /** In the index that was read. */
      readonly chunks: number;
      /** LanceDB's, of the chunk table. */
      readonly version: number;
      /** Whether all could be read and nothing was wrong. */
      readonly isSound: boolean;
    };
