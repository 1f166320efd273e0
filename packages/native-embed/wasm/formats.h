// ggml's numbers of the storage formats, as `src/quantization/block-formats.ts` has them.
#pragma once

enum Format {
  FORMAT_F32 = 0,
  FORMAT_F16 = 1,
  FORMAT_Q4_0 = 2,
  FORMAT_Q4_1 = 3,
  FORMAT_Q5_0 = 6,
  FORMAT_Q5_1 = 7,
  FORMAT_Q8_0 = 8,
  FORMAT_Q4_K = 12,
  FORMAT_Q5_K = 13,
  FORMAT_Q6_K = 14,
  FORMAT_BF16 = 30,
};
