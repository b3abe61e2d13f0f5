/* The forms, led and kept: a draft on this device, one part at a time, a picture, a check, copies, and sending.

   The page works without this file. No rule of validity is written here: what is required, how long and of which form
   stands in the attributes that the schema gave (data-required, data-when …), with the words to say, and what all
   statements have alike once in the page's #rules. All other texts are in its #words. Parts, in order: fields, draft, parts of the form, differences, copies, picture, check, sending. */

const form = document.querySelector("form[data-draft]");
const words = form && JSON.parse(document.getElementById("words").textContent);
const alike = form && JSON.parse(document.getElementById("rules").textContent);
const language = document.documentElement.lang || "en";
const page = form && form.closest(".form");

const say = (key, values = {}) => words[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
/** "Label: message", as the language writes it. */
const pair = (label, message) => say("pair", { label, message });
const count = (number) => new Intl.NumberFormat(language).format(number);

/** An element with attributes and children; a function is a listener, `true` an empty attribute, false or null nothing. */
function h(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value !== false && value != null) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child != null && child !== false));
  return made;
}

const button = (text, act, more = {}) => h("button", { type: "button", class: "quiet", click: act, ...more }, text);

/* ── Fields ─────────────────────────────────────────────────────────────────────────────────────────────────────── */

/** name → {name, elements, rules, widget}. */
const fields = new Map();

function findFields() {
  for (const element of form.querySelectorAll("input[name]:not([type=hidden]), textarea[name]")) {
    if (element.closest(".trap")) continue;
    const known = fields.get(element.name);
    if (known) known.elements.push(element);
    else {
      const rules = rulesOf(element);
      const widget = element.type === "radio" || element.type === "checkbox" ? element.type : rules.widget || "text";
      fields.set(element.name, { name: element.name, elements: [element], rules, widget, first: element.value });
    }
  }
}

/** Its own, and those of all statements, where * is for the statement. The rules of radio buttons stand on their fieldset. */
function rulesOf(element) {
  const own = (element.type === "radio" ? element.closest("fieldset") : element).dataset;
  const statement = element.closest("[data-statement]")?.dataset.statement;
  const general = statement ? alike[element.name.split(".").at(-1)] : {};
  const named = Object.entries(general).map(([name, rule]) => [name, rule.replace("answers.*", `answers.${statement}`)]);
  return { ...Object.fromEntries(named), ...own };
}

function get(field) {
  if (field.widget === "radio") return field.elements.find((element) => element.checked)?.value ?? "";
  const [element] = field.elements;
  return field.widget === "checkbox" ? (element.checked ? "true" : "") : element.value;
}

function put(field, value) {
  if (field.widget === "radio") for (const element of field.elements) element.checked = element.value === value;
  else if (field.widget === "checkbox") field.elements[0].checked = value === "true";
  else {
    const [element] = field.elements;
    element.value = value;
    if (element.value === "" && value !== "") {
      // A date that cannot be is shown as it was typed, to be mended.
      element.type = "text";
      element.value = value;
    }
  }
}

const filled = (name) => (fields.has(name) ? get(fields.get(name)).trim() !== "" : false);

function required({ name, rules }) {
  if ("when" in rules) {
    const [other, values] = rules.when.split("=");
    return values.split("|").includes(get(fields.get(other)));
  }
  const together = rules.together;
  if (together && groups.get(together).some((other) => other.name !== name && filled(other.name))) return true;
  if ("unless" in rules) return !filled(rules.unless);
  return "required" in rules;
}

/** Fields that are required together: as soon as one of a group is filled in. */
const groups = new Map();

const missing = (field) => !filled(field.name) && required(field);

/** What is to be mended in a field, in the words that came with it. */
function problem(field) {
  const { rules } = field;
  if (field.elements[0].validity.badInput) return rules.mismatch; // half a date
  if (missing(field)) return rules.missing;
  const value = get(field);
  if (!value.trim()) return "";
  const lines = field.widget === "lines" ? value.split("\n").map((line) => line.trim()).filter(Boolean) : [value];
  if (rules.maxitems && lines.length > rules.maxitems) return rules.toomany.replace("{now}", count(lines.length));
  if (rules.maximum) {
    const number = plain(field, value);
    if (!(number > Number(rules.over))) return rules.missing;
    if (number > Number(rules.maximum)) return rules.toomuch;
  }
  for (const line of lines) {
    const length = [...line].length;
    if (rules.maxlength && length > rules.maxlength) return rules.toolong.replace("{now}", count(length));
    const text = field.widget === "text" && field.elements[0].tagName === "INPUT" ? line.trim() : line;
    if (rules.pattern && !new RegExp(rules.pattern, "u").test(text)) return rules.mismatch;
  }
  return "";
}

function labelOf(field) {
  const [element] = field.elements;
  const statement = statementOf(field);
  if (statement) return `${statement.dataset.statement} ${partOf(field).title}`;
  const row = element.closest(".row [data-title]");
  return row ? row.dataset.title : shortLabel(field);
}

function shortLabel(field) {
  const label = field.elements[0].labels[0].cloneNode(true);
  label.querySelector(".optional")?.remove();
  return label.textContent.trim();
}

/** The submission as it is sent: names with points in them are places in it, rows that are blank are left out. */
function submission() {
  const value = {};
  for (const hidden of form.querySelectorAll("input[type=hidden]:not([data-provider])")) value[hidden.name] = hidden.value;
  value.id = draft.id();
  for (const part of ["answers", "applicant", "declarations"]) {
    if ([...fields.keys()].some((name) => name.startsWith(`${part}.`))) value[part] = {};
  }
  const rows = new Map();
  for (const field of fields.values()) {
    const content = plain(field, get(field));
    if (content === null) continue;
    const path = pathOf(field);
    if (/^\d+$/.test(path[1])) {
      const table = (value[path[0]] ??= []);
      if (!rows.has(path[1])) rows.set(path[1], table.push({}) - 1);
      table[rows.get(path[1])][path[2]] = content;
    } else {
      let here = value;
      for (const step of path.slice(0, -1)) here = here[step] ??= {};
      here[path.at(-1)] = content;
    }
  }
  return { value, rows: [...rows.keys()] };
}

/** Where a field's value lies; the ids of statements have points in them themselves. */
function pathOf(field) {
  const path = field.name.split(".");
  const statement = statementOf(field);
  return statement ? [path[0], statement.dataset.statement, path.at(-1)] : path;
}

function plain(field, text) {
  if (field.widget === "checkbox") return text ? true : null;
  if (field.widget === "lines") {
    const lines = text.split("\n").map((line) => line.trim()).filter(Boolean);
    return lines.length ? lines : null;
  }
  const content = field.elements[0].tagName === "TEXTAREA" ? text : text.trim();
  if (!content.trim()) return null;
  const number = field.widget === "number" ? Number(content.replace(",", ".")) : NaN;
  return Number.isFinite(number) ? number : content;
}

/** A submission → texts by name, the way back. */
function flat(value, path = [], found = {}) {
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) found[path.join(".")] = value.join("\n");
  else if (Array.isArray(value)) value.forEach((item, index) => flat(item, [...path, index + 1], found));
  else if (value && typeof value === "object") {
    for (const [name, inner] of Object.entries(value)) flat(inner, [...path, name], found);
  } else if (value !== false && value != null) found[path.join(".")] = String(value);
  return found;
}

/* ── Draft ──────────────────────────────────────────────────────────────────────────────────────────────────────── */

/** One entry of the browser's storage a field: little is written at a time, and tabs see each other's fields. */
const draft = {
  storage: null,
  trouble: "",
  known: new Map(), // name → what the storage had when this tab last looked
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

  /** Names of what the storage has of this form; settings begin with "!". */
  names() {
    const start = this.key("");
    const found = [];
    for (let index = 0; this.storage && index < this.storage.length; index += 1) {
      const key = this.storage.key(index);
      if (key.startsWith(start)) found.push(key.slice(start.length));
    }
    return found;
  },

  /** 128 random bits, made with the draft: whatever is sent twice arrives once. */
  id() {
    this.made ??= this.read("!id") || Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    if (this.read("!id") !== this.made) this.write("!id", this.made);
    return this.made;
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
      const there = this.read(name) ?? "";
      if (there !== (this.known.get(name) ?? "") && there !== text) {
        differing.push({ name, there });
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
    for (const statement of form.querySelectorAll("[data-statement]")) questions[statement.dataset.statement] = questionOf(statement);
    this.write("!form", JSON.stringify({ hash: form.elements.profile_hash?.value ?? "", language, questions }));
  },

  /** Into blank fields; what differs from what the page came with is returned. */
  restore() {
    const differing = [];
    for (const field of fields.values()) {
      const there = this.read(field.name);
      this.known.set(field.name, there ?? "");
      if (there === null) continue;
      const here = get(field);
      if (here === "") put(field, there);
      else if (here !== there) differing.push({ name: field.name, there });
    }
    for (const key of this.names().filter((name) => name.startsWith(MINE))) {
      const [, , name] = key.split("|");
      const there = this.read(key);
      if (fields.has(name) && there !== get(fields.get(name))) differing.push({ name, there, left: key });
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
    for (const name of this.names()) this.storage.removeItem(this.key(name));
    this.known.clear();
    this.made = undefined;
  },
};

/** Where a tab keeps what it could not save, since another had. */
const MINE = "!mine|";
const mine = `${MINE}${Math.random()}|`;

const questionOf = (statement) => statement.querySelector(".question").textContent;

/** The answers of all self-assessments on this device, by statement. */
const assessed = {
  key: () => `${form.dataset.draft.split("|")[0]}|assessed`,

  all() {
    const found = JSON.parse(draft.storage?.getItem(this.key()) ?? "{}");
    const start = `${form.dataset.draft.split("|")[0]}|self-assessment/`;
    for (let index = 0; draft.storage && index < draft.storage.length; index += 1) {
      const key = draft.storage.key(index);
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
      // no room: the portfolio then begins without them
    }
  },
};

const statementOf = (field) => field.elements[0].closest("[data-statement]");

/* ── Parts of the form ──────────────────────────────────────────────────────────────────────────────────────────── */

const parts = new Map(); // id → {id, title, name, element, statements, fields}; the name of a unit is its id and its title
const led = () => form.querySelector("[data-statement]") !== null; // the forms with one field or two need no parts

function makeParts() {
  for (const old of form.querySelectorAll("details[data-step]")) {
    const section = h("section", { "data-step": old.dataset.step, "data-title": old.dataset.title });
    const head = old.querySelector("summary h2");
    old.querySelector("summary").remove();
    section.append(head, h("p", { class: "state", "data-count": true }), ...old.childNodes);
    old.replaceWith(section);
  }
  const send = form.querySelector("[data-step=send]");
  send.before(...(form.elements.kind.value === "self-assessment" ? [bare("picture", say("picture"))] : []), bare("check", say("check")));
  form.prepend(bare("overview", say("all")));
  for (const element of form.querySelectorAll("[data-step]")) {
    const id = element.dataset.step;
    element.id = `part-${id}`;
    const inside = [...fields.values()].filter((field) => element.contains(field.elements[0]));
    const statements = [...element.querySelectorAll("[data-statement]")];
    const { title, name = title ? `${id} ${title}` : "" } = element.dataset;
    parts.set(id, { id, title, name, element, fields: inside, statements });
  }
}

const bare = (id, name) => h("section", { "data-step": id, "data-name": name });

/** The parts that can be gone to, in order; sending belongs to the check. */
const order = () => [...parts.values()].filter((part) => !["overview", "send"].includes(part.id));

const answered = new Map(); // statement → true once nothing is missing in it
const fieldsOf = new Map(); // statement → its fields

function measure(statement) {
  answered.set(statement, !fieldsOf.get(statement).some(missing));
}

function stateOf(part) {
  const started = part.fields.some((field) => get(field) !== "");
  if (part.statements.length) {
    const done = part.statements.filter((statement) => answered.get(statement)).length;
    if (done === part.statements.length) return say("done");
    return started ? say("unitProgress", { done: count(done), all: count(part.statements.length) }) : say("notStarted");
  }
  if (!part.fields.length) return "";
  if (part.fields.some(missing)) return say(started ? "inProgress" : "notStarted");
  return say(started ? "done" : "optional");
}

function showProgress() {
  if (!led()) return;
  const all = [...answered.values()];
  const text = say("progress", { done: count(all.filter(Boolean).length), all: count(all.length) });
  for (const place of form.querySelectorAll("[data-progress]")) place.textContent = text;
  for (const part of order()) {
    const state = stateOf(part);
    const counter = part.element.querySelector("[data-count]");
    if (counter) counter.textContent = state;
    const task = form.querySelector(`[data-task="${part.id}"]`);
    if (task) task.textContent = state;
  }
}

function makeOverview() {
  const overview = parts.get("overview").element;
  const tasks = order().map((part) =>
    h("li", {}, h("a", { href: `#part-${part.id}` }, part.name), " ", h("span", { class: "task", "data-task": part.id })),
  );
  overview.append(
    form.querySelector("[data-notices]"),
    h("h2", {}, say("parts")),
    h("p", { class: "state", "data-progress": true }),
    h("ol", { class: "tasks" }, ...tasks),
  );
}

/** Below every part: where to go from here, and the draft. */
function makeDesk() {
  const filter = h("input", { type: "checkbox", "data-filter": true, change: () => applyFilter() });
  if (led()) {
    form.append(h("nav", { class: "steps-nav", "aria-label": say("parts") }));
  }
  form.append(
    h(
      "div",
      { class: "desk" },
      led() && h("label", { class: "choice check" }, filter, " ", h("span", {}, say("filter"))),
      h("p", { class: "state", role: "status", "data-state": true }),
      h(
        "div",
        { class: "desk-buttons" },
        button(say("copy"), saveCopy),
        h("label", { class: "quiet file" }, say("open"), h("input", { type: "file", accept: ".html,.json,text/html,application/json", change: openCopy })),
        button(say("clear"), () => form.querySelector("dialog").showModal()),
      ),
      h(
        "dialog",
        { "aria-labelledby": "clear-sure" },
        h("p", { id: "clear-sure" }, say("clearSure")),
        h("div", { class: "desk-buttons" }, button(say("clearNo"), () => form.querySelector("dialog").close(), { autofocus: true }), button(say("clearYes"), clearAll)),
      ),
    ),
  );
}

function clearAll() {
  draft.clear();
  draft.storage?.removeItem(assessed.key());
  form.reset();
  location.hash = "";
  location.reload();
}

function showState() {
  const place = form.querySelector("[data-state]");
  const saved = draft.note("!saved");
  const time = saved && new Intl.DateTimeFormat(language, { timeStyle: "short", hourCycle: "h23" }).format(saved);
  const text = draft.trouble ? say(draft.trouble) : asked.size ? say("differ", { number: count(asked.size) }) : saved ? say("saved", { time }) : say("unsaved");
  if (place.textContent !== text) place.textContent = text;
  place.classList.toggle("trouble", draft.trouble !== "" || asked.size > 0);
}

/** Also of a link that was cut. */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

let current = "overview";

/** Where a link leads: a part, or a field in one. */
function go(focus) {
  const target = document.getElementById(decoded(location.hash.slice(1)));
  const part = parts.get(target?.closest("[data-step]")?.dataset.step) ?? parts.get("overview");
  current = part.id === "send" ? "check" : part.id;
  if (current === "picture") drawPicture();
  if (current === "check") drawCheck();
  for (const other of parts.values()) other.element.hidden = other.id !== current && !(other.id === "send" && current === "check");
  page.dataset.at = current;
  applyFilter(target);
  showWays();
  form.querySelector("[data-filter]").closest("label").hidden = current !== "overview" && !part.statements.length;
  showProgress();
  draft.write("!place", JSON.stringify(location.hash));
  if (!focus) return;
  const field = target && target !== part.element && form.contains(target);
  const place = field ? target : current === "overview" ? page.querySelector("h1") : part.element.querySelector("h2");
  if (!field) place.setAttribute("tabindex", "-1");
  place.focus({ preventScroll: true });
  (field ? target.closest(".statement, .field") ?? target : current === "overview" ? page : part.element).scrollIntoView();
}

/** Only the links that lead somewhere: one that is hidden or empty has no place in the order of tabs. */
function showWays() {
  const list = order();
  const at = list.findIndex((part) => part.id === current);
  const way = (part, key, more) => part && h("a", { href: `#part-${part.id}`, ...more }, say(key, { name: part.name }));
  const ways = [way(list[at - 1], "previous"), way(list[at + 1], "next", { class: "btn", "data-next": true }), current !== "overview" && way({ id: "overview" }, "all")];
  form.querySelector(".steps-nav").replaceChildren(...ways.filter(Boolean));
}

/** Hides what is answered when one arrives, not later. `kept` is where a link led. */
function applyFilter(kept) {
  const only = form.querySelector("[data-filter]")?.checked ?? false;
  const part = parts.get(current);
  let shown = 0;
  for (const statement of part.statements) {
    statement.hidden = only && answered.get(statement) && !statement.contains(kept instanceof Node ? kept : null);
    shown += !statement.hidden;
  }
  part.element.querySelector(".filtered")?.remove();
  if (part.statements.length && !shown) part.element.append(h("p", { class: "filtered" }, say("filtered")));
}

/** A portfolio begins with the self-assessment's answers, gaps first. */
function carryOver() {
  const before = assessed.all();
  const gaps = [];
  let carried = 0;
  for (const [statement, own] of fieldsOf) {
    const answer = before[statement.dataset.statement];
    if (!answer) continue;
    const radio = own.find((field) => field.widget === "radio");
    if (get(radio) === "" && draft.read("!carried") === null) {
      put(radio, answer);
      draft.touch(radio);
      carried += 1;
    }
    if (answer !== "yes") gaps.push(statement);
  }
  if (carried) draft.write("!carried", String(carried));
  for (const part of parts.values()) {
    const first = part.statements.find((statement) => !gaps.includes(statement));
    if (first) for (const gap of gaps.filter((statement) => part.statements.includes(statement))) first.before(gap);
  }
  const number = draft.read("!carried");
  if (number) notice(h("p", {}, say("carried", { number })));
  if (gaps.length) {
    const links = gaps.map((gap) => h("li", {}, h("a", { href: `#${fieldsOf.get(gap)[0].elements[0].id}` }, `${gap.dataset.statement} ${questionOf(gap)}`)));
    notice(h("details", {}, h("summary", {}, say("gaps", { number: count(gaps.length) })), h("ul", {}, ...links)));
  }
}

/** A note at the top of the overview; `kind` replaces the one of the same kind. */
function notice(content, kind = "") {
  const place = form.querySelector("[data-notices]");
  if (kind) place.querySelector(`[data-notice="${kind}"]`)?.remove();
  const made = h("div", { class: "notice", "data-notice": kind }, content);
  place.append(made);
  return made;
}

/** A draft of an older version: what is new, worded otherwise (if begun in this language), no longer asked. */
function showChanges() {
  const old = draft.note("!form");
  const changed = old && old.hash !== (form.elements.profile_hash?.value ?? "");
  const today = new Map([...fieldsOf.keys()].map((statement) => [statement.dataset.statement, questionOf(statement)]));
  if (changed) {
    const fresh = [...today].filter(([id]) => !(id in old.questions)).map(([id, text]) => `${id} ${text}`);
    const reworded = [...today].filter(([id, text]) => old.language === language && id in old.questions && old.questions[id] !== text);
    const retired = Object.entries(old.questions).filter(([id]) => !today.has(id)).map(([id, text]) => `${id} ${text}`);
    const list = (title, rows) => rows.length && h("div", {}, h("h3", {}, say(title)), h("ul", {}, ...rows.map((row) => h("li", {}, row))));
    const seen = button(say("changedSeen"), () => {
      draft.describe();
      made.remove();
    });
    const words = reworded.map(([id, text]) => `${id} ${text} (${pair(say("before"), old.questions[id])})`);
    const made = notice(
      h("div", {}, h("h2", {}, say("changed")), h("p", {}, say("changedText")), list("changedNew", fresh) || "", list("changedWords", words) || "", list("changedGone", retired) || "", seen),
      "changed",
    );
  }
  showGone();
}

function showGone() {
  const gone = draft.names().filter((name) => name.startsWith("answers.") && !name.endsWith(".answer") && !fields.has(name));
  if (gone.length) {
    const texts = gone.flatMap((name) => [h("p", { class: "sid" }, name.split(".").slice(1, -1).join(".")), h("blockquote", { class: "given", dir: "auto" }, draft.read(name))]);
    notice(h("div", {}, h("h2", {}, say("gone")), h("p", {}, say("goneText")), ...texts), "gone");
  }
}

/* ── Differences ────────────────────────────────────────────────────────────────────────────────────────────────── */

/** What is asked about: name → {there, here, reason, taken}: the other version, and the one here when it was shown. */
const asked = new Map();

/** Two versions, from another tab, a copy or the page itself: nothing is replaced unasked. */
function showDifferences(reason, differing) {
  const fresh = differing.some(({ name }) => !asked.has(name));
  let changed = false;
  for (const { name, there, left } of differing) {
    const here = get(fields.get(name));
    const before = asked.get(name);
    if (before?.there === there && before.here === here) continue;
    asked.set(name, { there, here, reason, left, taken: false });
    changed = true;
  }
  if (changed) drawDifferences(fresh);
}

function drawDifferences(focus) {
  const old = page.querySelector(".differences");
  showState();
  if (!asked.size) return old?.remove();
  const rows = [...asked].map(([name, entry]) => {
    const field = fields.get(name);
    const box = h("input", { type: "checkbox", change: () => (entry.taken = box.checked) });
    box.checked = entry.taken;
    return h(
      "div",
      { class: "difference" },
      h("h3", {}, labelOf(field)),
      h("p", { class: "sid" }, say("here")),
      h("blockquote", { class: "given", dir: "auto" }, shown(field, entry.here)),
      h("p", { class: "sid" }, say("there")),
      h("blockquote", { class: "given", dir: "auto" }, shown(field, entry.there)),
      h("label", { class: "choice check" }, box, " ", h("span", {}, say("takeThis"))),
    );
  });
  const reasons = new Set([...asked.values()].map(({ reason }) => reason));
  const panel = h(
    "div",
    { class: "differences notice", tabindex: "-1", role: "region", "aria-label": say("differ", { number: count(rows.length) }) },
    h("h2", {}, say("differ", { number: count(rows.length) })),
    ...[...reasons].map((reason) => h("p", {}, say(reason))),
    ...rows,
    h("div", { class: "desk-buttons" }, button(say("takeThose"), () => settle(true)), button(say("keepMine"), () => settle(false))),
  );
  const inside = old?.contains(document.activeElement);
  if (old) old.replaceWith(panel);
  else form.before(panel);
  if (inside || (focus && !form.contains(document.activeElement))) panel.focus();
}

/** The person has decided; of what came into the storage since, saving asks again. */
function settle(take) {
  const entries = [...asked];
  asked.clear();
  drawDifferences();
  for (const [name, { there, taken, left }] of entries) {
    const field = fields.get(name);
    if (left) draft.remove(left);
    if (take && taken) put(field, there);
    if ((draft.read(name) ?? "") === there) draft.known.set(name, there);
    draft.touch(field);
    update(field);
  }
  draft.save();
  showProgress();
}

/** A value in the words of the form. */
function shown(field, value) {
  if (!value.trim()) return say("blank");
  if (field.widget === "radio") return words[value] ?? value;
  return field.widget === "checkbox" ? say("yes") : value;
}

/* ── Copies ─────────────────────────────────────────────────────────────────────────────────────────────────────── */

const STYLE = "body{font:1rem/1.5 system-ui,sans-serif;max-width:42rem;margin:2rem auto;padding:0 1rem}dd{margin:0 0 1rem;white-space:pre-wrap;overflow-wrap:anywhere}dt{font-weight:600}";

/** One file that a person can read, with exactly the JSON in it that would be sent. */
function copyText() {
  const title = page.querySelector("h1").textContent;
  const date = new Intl.DateTimeFormat(language, { dateStyle: "long" }).format(new Date());
  const made = document.implementation.createHTMLDocument(say("copyTitle", { title, date }));
  made.documentElement.lang = language;
  made.documentElement.dir = document.documentElement.dir || "ltr";
  const json = JSON.stringify(submission().value, null, 1).replace(/</g, "\\u003c");
  made.head.prepend(h("meta", { charset: "utf-8" }), h("meta", { name: "viewport", content: "width=device-width" }));
  const data = h("script", { type: "application/json", id: "submission" });
  data.textContent = json;
  made.body.append(h("h1", {}, title), h("p", {}, say("copyText")), h("p", {}, madeOf()), ...readable(false), data);
  // As text: this page's policy allows no style of its own, a file's does.
  return `<!doctype html>\n${made.documentElement.outerHTML.replace("</head>", `<style>${STYLE}</style></head>`)}\n`;
}

function saveCopy() {
  draft.save();
  download(copyText());
}

function download(text) {
  const day = new Date().toISOString().slice(0, 10);
  const url = URL.createObjectURL(new Blob([text], { type: "text/html" }));
  h("a", { href: url, download: `${form.dataset.draft.split("|")[1].replace("/", "-")}-${day}.html` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}

async function openCopy(event) {
  const [file] = event.target.files;
  event.target.value = "";
  if (!file) return;
  try {
    const text = await file.text();
    const inside = /<script type="application\/json" id="submission">([^<]*)</.exec(text);
    fillFrom(JSON.parse(inside ? inside[1] : text));
  } catch {
    notice(h("p", { role: "alert" }, say("copyWrong")), "copy");
    location.hash = "#part-overview";
  }
}

/** Blank fields are filled, what differs is shown and asked about. */
function fillFrom(value) {
  const texts = flat(value);
  if (![...fields.keys()].some((name) => name in texts)) throw new TypeError();
  const empty = [...fields.values()].every((field) => get(field) === "");
  if (empty && value.kind === form.elements.kind.value && /^[0-9a-f]{32}$/.test(value.id)) draft.made = value.id;
  const differing = [];
  let number = 0;
  for (const field of fields.values()) {
    const there = texts[field.name];
    if (there === undefined || there === get(field)) continue;
    if (get(field) !== "") differing.push({ name: field.name, there });
    else {
      put(field, there);
      draft.touch(field);
      update(field);
      number += 1;
    }
  }
  const same = ["kind", "profile"].every((name) => value[name] === form.elements[name]?.value);
  for (const [name, text] of Object.entries(texts)) if (same && name.startsWith("answers.") && !fields.has(name)) draft.write(name, text);
  showGone();
  draft.save();
  notice(h("p", { role: "status" }, say("copyOpened", { number: count(number) })), "copy");
  location.hash = "#part-overview";
  showProgress();
  if (differing.length) showDifferences("differCopy", differing);
}

/* ── Picture ────────────────────────────────────────────────────────────────────────────────────────────────────── */

const ANSWERS = ["yes", "partly", "not_yet", "blank"];
const SVG = "http://www.w3.org/2000/svg";

function tally(statements) {
  const found = { yes: 0, partly: 0, not_yet: 0, blank: 0 };
  for (const statement of statements) found[get(fieldsOf.get(statement).find((field) => field.widget === "radio")) || "blank"] += 1;
  return found;
}

function bars(rows) {
  const svg = (tag, attributes, text) => {
    const made = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    if (text) made.textContent = text;
    return made;
  };
  const drawn = svg("svg", { viewBox: `0 0 600 ${rows.length * 46}`, class: "bars", role: "img", "aria-label": say("pictureAlt") });
  const fromRight = document.documentElement.dir === "rtl";
  rows.forEach(([name, numbers], row) => {
    const total = ANSWERS.reduce((sum, answer) => sum + numbers[answer], 0) || 1;
    let x = 0;
    drawn.append(svg("text", { x: fromRight ? 600 : 0, y: row * 46 + 14, "text-anchor": "start" }, name));
    for (const answer of ANSWERS) {
      const width = (numbers[answer] / total) * 600;
      if (width) drawn.append(svg("rect", { x: (fromRight ? 600 - x - width : x) + 1, y: row * 46 + 21, width: Math.max(width - 2, 1), height: 16, class: `bar-${answer}` }));
      x += width;
    }
  });
  return drawn;
}

function table(head, rows) {
  const cells = (name, numbers) => [h("th", { scope: "row" }, name), ...ANSWERS.map((answer) => h("td", {}, count(numbers[answer])))];
  const made = h(
    "table",
    { class: "numbers" },
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, head), ...ANSWERS.map((answer) => h("th", { scope: "col" }, h("span", { class: `key bar-${answer}` }), say(answer))))),
    h("tbody", {}, ...rows.map(([name, numbers]) => h("tr", {}, ...cells(name, numbers)))),
  );
  return h("div", { class: "wide", tabindex: "0", role: "region", "aria-label": pair(say("picture"), head) }, made);
}

function drawPicture() {
  const units = order().filter((part) => part.statements.length);
  const all = units.flatMap((part) => part.statements);
  const kinds = [...new Set(all.map((statement) => statement.dataset.kind))];
  const byUnit = units.map((part) => [part.name, tally(part.statements)]);
  const byKind = kinds.map((kind) => [say(kind), tally(all.filter((statement) => statement.dataset.kind === kind))]);
  const open = all.filter((statement) => ["partly", "not_yet"].includes(answerOf(statement)));
  const plan = open.map((statement) =>
    h("li", {}, h("span", { class: "sid" }, statement.dataset.statement), " ", questionOf(statement), " ", h("span", { class: "tag" }, say(answerOf(statement))), h("p", { class: "plan-line" }, say("planDo"))),
  );
  const started = all.some((statement) => answerOf(statement));
  parts.get("picture").element.replaceChildren(
    h("h2", {}, say("picture")),
    h("p", { class: "lead" }, say("pictureText")),
    ...(started
      ? [h("h3", {}, say("byUnit")), bars(byUnit), table(say("unit"), byUnit), h("h3", {}, say("byKind")), bars(byKind), table(say("kind"), byKind)]
      : [h("p", {}, say("pictureEmpty"))]),
    h("h3", {}, say("plan")),
    h("p", {}, say(open.length || !started ? "planText" : "planEmpty")),
    h("ul", { class: "plan" }, ...plan),
    button(say("print"), () => print()),
  );
}

const answerOf = (statement) => get(fieldsOf.get(statement).find((field) => field.widget === "radio"));

/* ── Check your answers ─────────────────────────────────────────────────────────────────────────────────────────── */

/** Every answer as text; with links back to the questions, or for paper and copies without. */
function readable(linked) {
  const found = [];
  for (const part of order()) {
    if (!part.fields.length) continue;
    const rows = part.fields.flatMap((field) => {
      const value = get(field);
      const row = /^log\.\d+\./.test(field.name);
      const statement = statementOf(field);
      if (!value.trim() && (row || (statement && field.widget !== "radio" && !missing(field)))) return [];
      const label = statement ? (field.widget === "radio" ? `${statement.dataset.statement} ${questionOf(statement)}` : shortLabel(field)) : labelOf(field);
      const change = linked && h("a", { href: `#${field.elements[0].id}`, "aria-label": say("changeOf", { name: label }) }, say("change"));
      return [h("dt", {}, label, " ", change), h("dd", { class: value.trim() ? "given" : "soft", dir: "auto" }, shown(field, value))];
    });
    found.push(h(linked ? "h3" : "h2", {}, part.name), h("dl", { class: "check" }, ...rows));
  }
  return found;
}

function drawCheck() {
  parts.get("check").element.replaceChildren(h("h2", {}, say("check")), h("p", { class: "lead" }, say("checkText")), ...readable(true), h("p", { class: "print-only" }, madeOf()));
}

/** For paper: which wording was answered, and when it was printed. */
function madeOf() {
  const date = new Intl.DateTimeFormat(language, { dateStyle: "long" }).format(new Date());
  return form.elements.version ? say("madeOf", { version: form.elements.version.value, date }) : date;
}

const UNIT_LINE = 4; // from so many statements of a part on that lack the same, the summary has one line for them, as the server's has

/** Part and answer or evidence, if that is what is missing; "" of any other finding. */
const lackOf = ([field, , message]) => (field && statementOf(field) && message === field.rules.missing ? `${partOf(field).id} ${pathOf(field).at(-1)}` : "");

/** A line a finding, or one for all of a part that lack the same, where the first of them stands: [field or null, text]. */
function summaryLines(found) {
  const lacks = found.map(lackOf);
  return found.flatMap(([field, label, message], index) => {
    const number = lacks[index] ? lacks.filter((lack) => lack === lacks[index]).length : 1;
    if (number < UNIT_LINE) return [[field, pair(label, message)]];
    if (lacks.indexOf(lacks[index]) < index) return [];
    return [[field, pair(partOf(field).name, say(lacks[index].endsWith(" evidence") ? "unevidenced" : "unanswered", { number: count(number) }))]];
  });
}

/** All findings: at the top with links, the same words beside each field. `found` are [field or null, label, message]. */
function showFindings(found) {
  clearFindings();
  for (const [field, , message] of found) if (field) mark(field, message);
  const links = summaryLines(found).map(([field, text]) => h("li", {}, field ? h("a", { href: `#${field.elements[0].id}` }, text) : text));
  const summary = h(
    "div",
    { class: "summary", role: "alert", tabindex: "-1", id: "problems" },
    h("h2", {}, say("mend", { number: count(found.length) })),
    h("p", {}, say("mendText")),
    h("ul", {}, ...links),
  );
  form.before(summary);
  summary.scrollIntoView();
  summary.focus();
}

const partOf = (field) => parts.get(field.elements[0].closest("[data-step]")?.dataset.step);

function mark(field, message) {
  const [element] = field.elements;
  const holder = field.widget === "radio" ? element.closest("fieldset") : element;
  const id = `${element.id}-error`;
  if (document.getElementById(id)) return;
  const text = h("p", { class: "error", id }, h("strong", {}, say("error")), ` ${message}`);
  (field.widget === "radio" ? holder.querySelector(".choices") : field.widget === "checkbox" ? element.closest("label") : element).before(text);
  holder.setAttribute("aria-describedby", `${holder.getAttribute("aria-describedby") ?? ""} ${id}`.trim());
  if (field.widget !== "radio") element.setAttribute("aria-invalid", "true");
  element.closest(".field, .statement").classList.add("has-error");
}

function unmark(field) {
  const [element] = field.elements;
  const text = document.getElementById(`${element.id}-error`);
  if (!text) return;
  const holder = field.widget === "radio" ? element.closest("fieldset") : element;
  const described = (holder.getAttribute("aria-describedby") ?? "").replace(text.id, "").trim();
  described ? holder.setAttribute("aria-describedby", described) : holder.removeAttribute("aria-describedby");
  element.removeAttribute("aria-invalid");
  element.closest(".field, .statement").classList.remove("has-error");
  for (const old of holder.parentElement.querySelectorAll(":scope > .error")) old.remove();
  text.remove();
}

function clearFindings() {
  page.querySelector("#problems")?.remove();
  page.querySelector(".not-sent")?.remove();
  for (const field of fields.values()) unmark(field);
}

/* ── Sending ────────────────────────────────────────────────────────────────────────────────────────────────────── */

async function send(event) {
  event.preventDefault();
  const submit = form.querySelector("button[type=submit]");
  if (submit.getAttribute("aria-disabled")) return;
  draft.save();
  if (asked.size) return page.querySelector(".differences").focus();
  clearFindings();
  const found = [...fields.values()].map((field) => [field, labelOf(field), problem(field)]).filter(([, , message]) => message);
  if (found.length) return showFindings(found);
  const text = submit.textContent;
  submit.setAttribute("aria-disabled", "true");
  submit.textContent = say("sending");
  try {
    await post(submission());
  } catch (error) {
    showNotSent(say(error.name === "TimeoutError" || error.name === "AbortError" ? "patience" : "offline"));
  } finally {
    submit.removeAttribute("aria-disabled");
    submit.textContent = text;
  }
}

async function post({ value, rows }) {
  const provider = form.dataset.endpoint !== "server";
  const trap = form.querySelector(".trap input");
  const content = provider ? new URLSearchParams(new FormData(form)) : JSON.stringify(trap.value ? { ...value, [trap.name]: trap.value } : value);
  if (provider) content.set("id", value.id);
  const headers = { Accept: "application/json", ...(provider ? {} : { "Content-Type": "application/json" }) };
  const signal = AbortSignal.timeout(form.dataset.patience * 1000);
  const answer = await fetch(form.action, { method: "POST", body: content, headers, signal });
  const told = await answer.json().catch(() => ({}));
  if (answer.ok && (provider || told.reference)) showReceipt(told);
  else if (answer.status === 422 && told.findings) showFindings(told.findings.map((finding) => found(finding, rows)));
  else showNotSent(told.detail ?? say(answer.status === 413 ? "size" : "server"));
}

/** A finding of the server's, at its field; rows have the numbers that the form shows. */
function found({ pointer, label, message }, rows) {
  const field = fieldAt(pointer, rows);
  return [field, pointer.startsWith("/log/") && field ? labelOf(field) : label, message];
}

/** The field of a JSON Pointer: its own, the one around it, or the first inside. */
function fieldAt(pointer, rows) {
  const path = pointer.split("/").slice(1).map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  if (path[0] === "log" && path.length > 1) path[1] = rows[path[1]];
  for (let end = path.length; end > 0; end -= 1) {
    const name = path.slice(0, end).join(".");
    const found = fields.get(name) ?? [...fields.values()].find((field) => field.name.startsWith(`${name}.`));
    if (found) return found;
  }
  return null;
}

function showNotSent(message) {
  page.querySelector(".not-sent")?.remove();
  const again = button(say("again"), () => form.requestSubmit(), { class: "btn" });
  const box = h("div", { class: "summary not-sent", role: "alert", tabindex: "-1" }, h("h2", {}, say("notSent")), h("p", {}, message), h("div", { class: "desk-buttons" }, again, button(say("copy"), saveCopy)));
  form.querySelector("[data-step=send]").append(box);
  box.focus();
}

/** The receipt takes the place of the form; only then is the draft removed. */
function showReceipt({ reference, status, heading, next, by_when: byWhen }) {
  const copy = copyText();
  const place = document.getElementById("receipt").content.cloneNode(true);
  for (const element of place.querySelectorAll("[data-reference]")) element.textContent = reference;
  if (next) { // it belongs to a case that is known
    place.querySelector("h1").textContent = heading;
    place.querySelector("ol").replaceChildren(...next.map((step) => h("li", {}, step)));
    if (!byWhen) place.querySelector("[data-by-when]")?.remove();
  }
  const link = status ? new URL(status, form.action).href : "";
  const times = ["first", "second", "third"].some((choice) => filled(`interview.${choice}`));
  for (const element of place.querySelectorAll("[data-if-times]")) element.hidden = !times;
  for (const element of place.querySelectorAll("[data-status]")) {
    if (element.tagName === "A") element.href = link + element.dataset.status;
    else element.textContent = link;
  }
  if (form.elements.kind.value === "self-assessment") {
    assessed.keep();
    const write = place.querySelector('[data-status="/portfolio"]');
    if (write) write.href = `../portfolio/#case=${status.split("/").slice(-2).join("/")}`;
  }
  place.querySelector("h1").setAttribute("tabindex", "-1");
  place.append(h("p", {}, button(say("copy"), () => download(copy))));
  page.classList.remove("led");
  page.replaceChildren(place);
  page.querySelector("h1").focus();
  scrollTo(0, 0);
  history.replaceState(null, "", location.pathname);
  draft.clear();
  draft.write("!sent", JSON.stringify({ reference, link, at: Date.now() }));
}

function showSent() {
  const sent = draft.note("!sent");
  if (!sent) return;
  const date = new Intl.DateTimeFormat(language, { dateStyle: "long" }).format(sent.at);
  notice(h("p", {}, say("sentOn", { date }), sent.reference ? ` ${say("sentRef", sent)} ` : " ", sent.link && h("a", { href: sent.link }, say("sentLink"))), "sent");
}

/* ── All together ───────────────────────────────────────────────────────────────────────────────────────────────── */

/** After a field has changed: what depends on it. */
function update(field) {
  const statement = statementOf(field);
  if (statement) measure(statement);
  else if (field.name.startsWith("held.")) for (const other of fieldsOf.keys()) measure(other);
  if (document.getElementById(`${field.elements[0].id}-error`) && !problem(field)) unmark(field);
  const [element] = field.elements;
  const limit = Number(field.rules.maxlength);
  if (element.tagName === "TEXTAREA" && field.widget === "text" && limit) {
    const now = element.value.length > limit * 0.9 ? [...element.value].length : 0;
    let counter = element.nextElementSibling?.matches(".counter") ? element.nextElementSibling : null;
    if (now > limit * 0.9) {
      if (!counter) element.after((counter = h("p", { class: "state counter", role: "status" })));
      counter.textContent = say("characters", { now: count(now), limit: count(limit) });
    } else counter?.remove();
  }
}

/** Another tab has written. Each may have saved before it heard of the other: then both versions are shown. */
function fromOtherTab({ key, oldValue, newValue }) {
  const start = draft.key("");
  if (!key?.startsWith(start)) return;
  if (key === draft.key("!id")) draft.made = undefined;
  if (key === draft.key("!sent")) showSent();
  const field = fields.get(key.slice(start.length));
  if (!field) return;
  const { name } = field;
  const there = newValue ?? "";
  const unseen = draft.own.has(name) && (oldValue ?? "") !== draft.known.get(name);
  if (there === get(field)) {
    if (asked.delete(name)) drawDifferences();
    if ((draft.read(name) ?? "") !== there) return draft.touch(field);
    draft.dirty.delete(name);
  } else if (unseen) {
    draft.touch(field);
    return showDifferences("differTab", [{ name, there }]);
  } else if (draft.dirty.has(name)) {
    if (asked.has(name)) draft.save();
    return;
  }
  put(field, there);
  draft.known.set(name, there);
  draft.own.delete(name);
  update(field);
  showProgress();
}

function caseFromLink() {
  const [, reference, secret] = /^#case=([^/]+)\/(.+)$/.exec(location.hash) ?? [];
  if (!reference) return;
  for (const [name, text] of [["case.reference", reference], ["case.secret", secret]]) if (fields.has(name)) put(fields.get(name), decoded(text));
  history.replaceState(null, "", location.pathname);
}

function start() {
  findFields();
  for (const field of fields.values()) {
    if (field.rules.together) groups.set(field.rules.together, [...fields.values()].filter((other) => other.name.startsWith(`${field.rules.together}.`)));
    const statement = statementOf(field);
    if (statement) fieldsOf.set(statement, [...(fieldsOf.get(statement) ?? []), field]);
  }
  draft.open();
  caseFromLink();
  const differing = draft.restore();
  form.prepend(h("div", { "data-notices": true }));
  if (led()) {
    makeParts();
    makeOverview();
  }
  makeDesk();
  for (const element of page.querySelectorAll("[data-plain]")) element.hidden = true;
  for (const element of page.querySelectorAll("[data-led]")) element.hidden = false;
  showSent();
  if (form.elements.kind.value === "portfolio") carryOver();
  showChanges();
  for (const statement of fieldsOf.keys()) measure(statement);
  const place = draft.note("!place");
  const stopped = place && parts.get(place.replace("#part-", ""));
  if (!location.hash && stopped && stopped.id !== "overview") notice(h("p", {}, h("a", { href: place }, say("resume", { name: stopped.name }))), "resume");
  form.addEventListener("input", ({ target }) => {
    const field = fields.get(target.name);
    if (!field) return;
    update(field);
    draft.touch(field);
    if (field.widget !== "text" || !led()) showProgress();
  });
  form.addEventListener("change", showProgress);
  form.addEventListener("submit", send);
  if (led()) addEventListener("hashchange", () => go(true));
  addEventListener("storage", fromOtherTab);
  addEventListener("pagehide", () => draft.save());
  addEventListener("visibilitychange", () => document.visibilityState === "hidden" && draft.save());
  if (led()) {
    addEventListener("beforeprint", () => form.isConnected && current !== "picture" && drawCheck());
    page.classList.add("led");
    go(location.hash !== "");
  }
  showState();
  if (differing.length) showDifferences("differDraft", differing);
}

if (form) start();
