/** Words that a question needs and code does not answer to. Lower case. */
export const stopWords: ReadonlySet<string> = new Set(
  (
    "a an the this that these those it its they them their there here i we you my our your " +
    "am is are was were be been being do does did done has have had can could will would should shall may might must " +
    "and or but nor not if then else than so as at by for from in into of off on onto out over to under up via with " +
    "within without between about across after before during through while per each every any all some both either " +
    "how what when where which who whom whose why work works working worked use uses using used get gets based given " +
    "show find tell explain please me happens happen"
  ).split(" "),
);

/** Words that say that something is code rather than what it does; they count little. Lower case. */
export const weakWords: ReadonlySet<string> = new Set(
  (
    "implement implements implemented implementing implementation define defines defined defining definition " +
    "handle handles handled handling provide provides provided providing support supports supported supporting " +
    "code function functions method methods class classes logic mechanism file files module modules"
  ).split(" "),
);
