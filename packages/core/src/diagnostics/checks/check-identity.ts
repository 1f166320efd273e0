import { ResonaError } from "../../errors.ts";
import type { Finding } from "../../model/finding.ts";
import type { IndexDifferences } from "../../options/index-differences.ts";
import { unaided } from "../remedies.ts";

/** How an index differs from one that would be made now. */
export interface Misfit extends IndexDifferences {
  /** Whether a query could not even be compared with its vectors. */
  readonly isOfOtherVectors: boolean;
}

/** Was the index made with the model and the options that are asked for now, and can they be had? */
export async function checkIdentity(compare: () => Promise<Misfit | undefined>): Promise<Finding[]> {
  try {
    const misfit = await compare();
    if (misfit === undefined) return [];
    const { reasons, nextStep, isOfOtherVectors } = misfit;
    return [
      {
        code: "FINGERPRINT_MISMATCH",
        severity: isOfOtherVectors ? "error" : "warning",
        sentence: `The index does not match what is asked for: ${reasons.join("; ")}.`,
        remedy: { kind: "rebuild", sentence: nextStep },
      },
    ];
  } catch (error) {
    if (!(error instanceof ResonaError)) throw error;
    const { message, nextStep } = error;
    return [{ code: "MODEL_UNUSABLE", severity: "error", sentence: message, remedy: unaided(nextStep) }];
  }
}
