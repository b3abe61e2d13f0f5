/* The draft on this device, and the choice between two versions of an answer: nothing is overwritten without being asked. */

import { button, count, fields, fieldsOf, form, get, h, inWords, labelOf, language, page, put, questionOf, say, statementOf } from "./fields.js";

/** Where a tab keeps what it could not save because another tab had. */
const MINE = "!mine|";
const mine = `${MINE}${Math.random()}|`;

/** One entry of the browser's storage for each field: little is written at a time, and tabs see each other's fields. */
export const draft = {
  storage: null,
  trouble: "", // "full" or "blocked", if nothing can be kept
  known: new Map(), // name → what the storage held when this tab last looked
  own: new Set(), // what this tab saved, and no other has written since
  dirty: new Set(),
  timer: 0,

  key: (name) => `${form.dataset.draft}|${name}`,

  open() {
    try {
      const probe = this.key("!probe");
      localStorage.setItem(probe, "1");
      localStorage.removeItem(probe);
      this.storage = localStorage;
    } catch (error) {
      this.trouble = error.name === "QuotaExceededError" ? "full" : "blocked";
      if (this.trouble === "full") this.storage = localStorage;
    }
  },

  read: (name) => draft.storage?.getItem(draft.key(name)) ?? null,

  write(name, text) {
    if (!this.storage) return false;
    try {
      if (text === "") this.storage.removeItem(this.key(name));
      else this.storage.setItem(this.key(name), text);
      return true;
    } catch {
      return false;
    }
  },

  note: (name) => JSON.parse(draft.read(name) || "null"),

  /** Names of what the storage holds of this form; settings begin with "!". */
  names() {
    const start = this.key("");
    return keys().filter((key) => key.startsWith(start)).map((key) => key.slice(start.length));
  },

  /** 128 random bits, chosen with the draft: whatever is sent twice arrives once. */
  id() {
    this.chosen ??= this.read("!id") || Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    if (this.read("!id") !== this.chosen) this.write("!id", this.chosen);
    return this.chosen;
  },

  touch(field) {
    this.dirty.add(field.name);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), 600);
  },

  save() {
    clearTimeout(this.timer);
    if (!this.dirty.size) return;
    if (!this.storage) return showState();
    const differing = [];
    let room = true;
    for (const name of this.dirty) {
      const text = get(fields.get(name));
      const stored = this.read(name) ?? "";
      if (stored !== (this.known.get(name) ?? "") && stored !== text) {
        differing.push({ name, other: stored });
        this.write(mine + name, text);
        continue;
      }
      if (!this.write(name, text)) {
        room = false;
        continue;
      }
      this.known.set(name, text);
      this.own.add(name);
      this.dirty.delete(name);
      this.remove(mine + name);
    }
    this.trouble = room ? "" : "full";
    if (room) this.write("!saved", JSON.stringify(Date.now()));
    if (this.read("!form") === null) this.describe();
    this.id();
    showState();
    if (differing.length) showDifferences("differTab", differing);
  },

  /** What this form asks today, so that a later version can say what has changed. */
  describe() {
    const questions = {};
    for (const statement of fieldsOf.keys()) questions[statement.dataset.statement] = questionOf(statement);
    this.write("!form", JSON.stringify({ hash: form.elements.profile_hash?.value ?? "", language, questions }));
  },

  /** Fills in blank fields; returns what differs from the values that the page came with. */
  restore() {
    const differing = [];
    for (const field of fields.values()) {
      const stored = this.read(field.name);
      this.known.set(field.name, stored ?? "");
      if (stored === null) continue;
      const here = get(field);
      if (here === "") put(field, stored);
      else if (here !== stored) differing.push({ name: field.name, other: stored });
    }
    for (const key of this.names().filter((name) => name.startsWith(MINE))) {
      const [, , name] = key.split("|");
      const stored = this.read(key);
      if (fields.has(name) && stored !== get(fields.get(name))) differing.push({ name, other: stored, key });
      else this.remove(key);
    }
    for (const field of fields.values()) {
      if (get(field) !== "" && this.read(field.name) === null) this.touch(field);
    }
    return differing;
  },

  remove(name) {
    this.storage?.removeItem(this.key(name));
  },

  clear() {
    clearTimeout(this.timer);
    this.dirty.clear();
    this.own.clear();
    for (const name of this.names()) this.remove(name);
    this.known.clear();
    this.chosen = undefined;
  },
};

/** All keys of the storage, of every page of this site. */
const keys = () => Array.from({ length: draft.storage?.length ?? 0 }, (_, index) => draft.storage.key(index));

/** The answers of all self-assessments on this device, by statement. */
export const assessed = {
  body: () => form.dataset.draft.split("|")[0],
  key: () => `${assessed.body()}|assessed`,

  all() {
    const found = JSON.parse(draft.storage?.getItem(this.key()) ?? "{}");
    const start = `${this.body()}|self-assessment/`;
    for (const key of keys()) {
      const statement = key.startsWith(start) && /\|answers\.(.+)\.answer$/.exec(key);
      if (statement) found[statement[1]] = draft.storage.getItem(key);
    }
    return found;
  },

  keep() {
    const found = this.all();
    for (const field of fields.values()) {
      if (field.widget === "radio" && get(field)) found[statementOf(field).dataset.statement] = get(field);
    }
    try {
      draft.storage?.setItem(this.key(), JSON.stringify(found));
    } catch {
      // No room: the portfolio then begins without them.
    }
  },
};

/** Answers of which two versions exist, until the person decides: name → {other, here, reason, key, taken}.
    `other` is the other version, `here` the one in the form when the choice was shown, `key` where the draft keeps the other. */
export const undecided = new Map();

/** The line that says what is saved. */
export function showState() {
  const place = form.querySelector("[data-state]");
  const saved = draft.note("!saved");
  const time = saved && new Intl.DateTimeFormat(language, { timeStyle: "short", hourCycle: "h23" }).format(saved);
  const text = draft.trouble ? say(draft.trouble) : undecided.size ? say("differ", { number: count(undecided.size) }) : saved ? say("saved", { time }) : say("unsaved");
  if (place.textContent !== text) place.textContent = text;
  place.classList.toggle("trouble", draft.trouble !== "" || undecided.size > 0);
}

/** Asks about two versions, be the other from another tab, a copy or the page itself. `reason` is the key of a text. */
export function showDifferences(reason, differing) {
  const fresh = differing.some(({ name }) => !undecided.has(name));
  let changed = false;
  for (const { name, other, key } of differing) {
    const here = get(fields.get(name));
    const before = undecided.get(name);
    if (before?.other === other && before.here === here) continue;
    undecided.set(name, { other, here, reason, key, taken: false });
    changed = true;
  }
  if (changed) drawDifferences(fresh);
}

export function drawDifferences(focus) {
  const old = page.querySelector(".differences");
  showState();
  if (!undecided.size) return old?.remove();
  const reasons = new Set([...undecided.values()].map(({ reason }) => reason));
  const heading = say("differ", { number: count(undecided.size) });
  const panel = h(
    "div",
    { class: "differences notice", tabindex: "-1", role: "region", "aria-label": heading },
    h("h2", {}, heading),
    ...[...reasons].map((reason) => h("p", {}, say(reason))),
    ...[...undecided].map(([name, entry]) => difference(fields.get(name), entry)),
    h("div", { class: "desk-buttons" }, button(say("takeThose"), () => decide(true)), button(say("keepMine"), () => decide(false))),
  );
  const inside = old?.contains(document.activeElement);
  if (old) old.replaceWith(panel);
  else form.before(panel);
  if (inside || (focus && !form.contains(document.activeElement))) panel.focus();
}

function difference(field, entry) {
  const box = h("input", { type: "checkbox", change: () => (entry.taken = box.checked) });
  box.checked = entry.taken;
  return h(
    "div",
    { class: "difference" },
    h("h3", {}, labelOf(field)),
    h("p", { class: "sid" }, say("here")),
    h("blockquote", { class: "given", dir: "auto" }, inWords(field, entry.here)),
    h("p", { class: "sid" }, say("there")),
    h("blockquote", { class: "given", dir: "auto" }, inWords(field, entry.other)),
    h("label", { class: "choice check" }, box, " ", h("span", {}, say("takeThis"))),
  );
}

/** The person has decided. If the storage has changed again since, saving asks again. */
function decide(take) {
  const entries = [...undecided];
  undecided.clear();
  drawDifferences();
  for (const [name, { other, taken, key }] of entries) {
    const field = fields.get(name);
    if (key) draft.remove(key);
    if (take && taken) put(field, other);
    if ((draft.read(name) ?? "") === other) draft.known.set(name, other);
    draft.touch(field);
  }
  draft.save();
  form.dispatchEvent(new Event("change"));
}
