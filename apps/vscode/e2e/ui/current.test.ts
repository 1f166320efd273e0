import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test, vi } from "vitest";

import { found, startWriting } from "../command-line.ts";
import { useEditor } from "../editor.ts";
import { useWorkspace } from "../use-workspace.ts";
import { manyNotes, shopFiles } from "../workspace.ts";

const workspace = useWorkspace(shopFiles);
const days = useWorkspace(manyNotes(3_000));
const editor = useEditor({ workspace });

const write = (path: string, text: string) => writeFileSync(join(workspace, path), text);
/** Without its icon. */
const status = async () => (await editor.statusBarItem("resona.status").innerText()).replace(/^\W+/, "");
const kept = (files: number) => `Kept current. Files indexed: ${files},`;

/** How often the log says this. */
const logged = (text: string) => editor.log().split(text).length - 1;

test("a file that is saved is in the index a moment later", async () => {
  await editor.runCommand("Resona: Index Workspace");
  await expect.poll(() => editor.log()).toContain("Indexing completed. Files indexed: 4,");
  await editor.page.keyboard.press("Control+P");
  await editor.type("shipping.md");
  await editor.pick("shipping.md");
  await editor.page.locator(".editor-instance .view-lines").first().click();
  await editor.page.keyboard.press("Control+End");
  await editor.page.keyboard.type("Giraffes travel in a crate of their own.");
  await editor.page.keyboard.press("Control+S");
  await expect.poll(() => editor.log()).toContain(kept(1));
  expect((await found("giraffes", workspace))[0]).toBe("docs/shipping.md");
  await expect.poll(status).toBe("Resona");
});

test("a file that something else has written is, too", async () => {
  write("docs/hours.md", "# Opening hours\n\nThe shop is closed during a solar eclipse.\n");
  await expect.poll(() => logged(kept(1))).toBe(2);
  expect((await found("eclipse", workspace))[0]).toBe("docs/hours.md");
});

test("paused, it stays as it is until indexing is resumed, through a reload as well", async () => {
  await editor.runCommand("Resona: Pause Indexing");
  await expect.poll(status).toContain("paused");
  write("docs/paused.md", "# Paused\n\nWritten while nobody looked: xylophone.\n");
  const loaded = editor.page.waitForEvent("load");
  await editor.runCommand("Developer: Reload Window");
  await loaded;
  await expect.poll(status).toContain("paused");
  expect(await found("xylophone", workspace)).not.toContain("docs/paused.md");
  await editor.runCommand("Resona: Resume Indexing");
  await expect.poll(() => found("xylophone", workspace)).toContain("docs/paused.md");
  await expect.poll(status).toBe("Resona");
});

test("while the command line is writing, that is said, and what has changed is brought in after it", async () => {
  const command = await startWriting(workspace);
  const ended = once(command, "exit");
  try {
    write("docs/second.md", "# Second\n\nA trombone is in the window.\n");
    await expect.poll(status).toContain("in use");
    await editor.screenshot("current in use");
    command.kill("SIGCONT");
    await ended;
  } finally {
    command.kill("SIGKILL");
  }
  await expect.poll(() => found("trombone", workspace)).toContain("docs/second.md");
  await expect.poll(status).toBe("Resona");
});

test("many files at once are one piece of work, and an engine that is killed in it goes on", async () => {
  const paragraph = (n: number) => `Note ${n} of the day.\n\n`.repeat(200);
  for (let n = 0; n < 400; n++) write(`docs/note-${n}.md`, `# Note ${n}\n\n${paragraph(n)}`);
  write("docs/zz-last.md", "# Last\n\nThe harpsichord was sold.\n");
  await expect.poll(status).toContain("indexing");
  const [engine] = editor.engines();
  expect(engine).toBeDefined();
  process.kill(engine ?? 0, "SIGKILL");
  await expect.poll(() => editor.log()).toContain("SIGKILL");
  await expect.poll(() => found("harpsichord", workspace), { timeout: 100_000 }).toContain("docs/zz-last.md");
  await expect.poll(status).toBe("Resona");
  expect(await editor.notification(/Resona|engine/i).count()).toBe(0);
});

test("a branch that is checked out is followed", async () => {
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=T", "-c", "user.email=t@localhost", ...args], { cwd: workspace });
  git("init", "--quiet", "--initial-branch=main");
  git("add", ".");
  git("commit", "--quiet", "--message=All");
  git("checkout", "--quiet", "-b", "other");
  git("rm", "--quiet", "-r", "docs");
  write("src/accordion.ts", "export function playAccordion(): void {}\n");
  git("add", ".");
  git("commit", "--quiet", "--message=Other");
  await expect.poll(() => found("accordion", workspace)).toContain("src/accordion.ts");
  git("checkout", "--quiet", "main");
  await expect.poll(() => found("eclipse", workspace)).toContain("docs/hours.md");
  await expect.poll(() => found("accordion", workspace)).not.toContain("src/accordion.ts");
});

test("a run that the user has asked for goes on when the engine is killed in it, to its end", async () => {
  editor.changeSettings({ "resona.autoIndex": false });
  rmSync(join(days, ".resona"), { recursive: true, force: true });
  await editor.openWindow(days);
  const [kills, ends] = [logged("SIGKILL"), logged("in the index: 3000.")];
  await editor.runCommand("Resona: Index Workspace");
  await vi.waitUntil(() => existsSync(join(days, ".resona/chunks.lance")), { timeout: 60_000, interval: 10 });
  const [engine] = editor.engines();
  expect(engine).toBeDefined();
  process.kill(engine ?? 0, "SIGKILL");
  await expect.poll(() => logged("SIGKILL")).toBe(kills + 1);
  await expect.poll(() => logged("in the index: 3000."), { timeout: 100_000 }).toBe(ends + 1);
  await expect.poll(status).toBe("Resona");
  expect(await editor.notification("ended unexpectedly").count()).toBe(0);
});
