/* The parts of the form, one on the screen at a time: the list of parts, the way from one to the next, how far one is. */

import { draft } from "./draft.js";
import { button, count, fields, fieldsOf, form, get, h, isMissing, language, page, pair, questionOf, say } from "./fields.js";

/** id → {id, title, name, element, statements, fields, draw}. The name of a unit is its id and its title; `draw`, if there
    is one, draws the part whenever it is opened. */
export const parts = new Map();
/** Forms with one or two fields need no parts. */
export const hasParts = () => fieldsOf.size > 0;
export const partOf = (field) => parts.get(field.elements[0].closest("[data-step]")?.dataset.step);
/** The parts that can be opened, in order; sending belongs to the check. */
export const order = () => [...parts.values()].filter((part) => !["overview", "send"].includes(part.id));

const complete = new Map(); // statement → true once nothing is missing in it
let current = "overview";

export function makeParts() {
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

export function makeOverview() {
  const tasks = order().map((part) =>
    h("li", {}, h("a", { href: `#part-${part.id}` }, part.name), " ", h("span", { class: "task", "data-task": part.id })),
  );
  parts.get("overview").element.append(
    form.querySelector("[data-notices]"),
    h("h2", {}, say("parts")),
    h("p", { class: "state", "data-progress": true }),
    h("ol", { class: "tasks" }, ...tasks),
  );
}

/** Below every part: the ways to the others. */
export function makeWays() {
  form.append(h("nav", { class: "steps-nav", "aria-label": say("parts") }));
}

/** A tick box that hides what is answered. */
export const makeFilter = () =>
  h("label", { class: "choice check" }, h("input", { type: "checkbox", "data-filter": true, change: () => applyFilter() }), " ", h("span", {}, say("filter")));

export function measure(statement) {
  complete.set(statement, !fieldsOf.get(statement).some(isMissing));
}

function stateOf(part) {
  const started = part.fields.some((field) => get(field) !== "");
  if (part.statements.length) {
    const done = part.statements.filter((statement) => complete.get(statement)).length;
    if (done === part.statements.length) return say("done");
    return started ? say("unitProgress", { done: count(done), all: count(part.statements.length) }) : say("notStarted");
  }
  if (!part.fields.length) return "";
  if (part.fields.some(isMissing)) return say(started ? "inProgress" : "notStarted");
  return say(started ? "done" : "optional");
}

export function showProgress() {
  if (!hasParts()) return;
  const all = [...complete.values()];
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

/** A text from an address, even if the link was cut in the middle of an escape. */
export function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Opens what the address names: a part, or a field in one. With `focus`, the focus goes there too. */
export function open(focus) {
  const target = document.getElementById(decoded(location.hash.slice(1)));
  const part = parts.get(target?.closest("[data-step]")?.dataset.step) ?? parts.get("overview");
  current = part.id === "send" ? "check" : part.id;
  parts.get(current).draw?.();
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

/** Only the links that lead somewhere: one that is hidden or empty has no place in the tab order. */
function showWays() {
  const list = order();
  const at = list.findIndex((part) => part.id === current);
  const way = (part, key, more) => part && h("a", { href: `#part-${part.id}`, ...more }, say(key, { name: part.name }));
  const ways = [way(list[at - 1], "previous"), way(list[at + 1], "next", { class: "btn", "data-next": true }), current !== "overview" && way({ id: "overview" }, "all")];
  form.querySelector(".steps-nav").replaceChildren(...ways.filter(Boolean));
}

/** Hides what is answered when a part is opened, not while one types. `kept` is where a link led: it stays. */
function applyFilter(kept) {
  const only = form.querySelector("[data-filter]")?.checked ?? false;
  const part = parts.get(current);
  let shown = 0;
  for (const statement of part.statements) {
    statement.hidden = only && complete.get(statement) && !statement.contains(kept instanceof Node ? kept : null);
    shown += !statement.hidden;
  }
  part.element.querySelector(".filtered")?.remove();
  if (part.statements.length && !shown) part.element.append(h("p", { class: "filtered" }, say("filtered")));
}

/** A note at the top of the overview; it replaces the one of the same kind. */
export function notice(content, kind = "") {
  const place = form.querySelector("[data-notices]");
  if (kind) place.querySelector(`[data-notice="${kind}"]`)?.remove();
  const made = h("div", { class: "notice", "data-notice": kind }, content);
  place.append(made);
  return made;
}

/** A draft of an older version of the form: what is new, what is worded differently (if it was begun in this language), what is
    no longer asked. */
export function showChanges() {
  const old = draft.note("!form");
  if (old && old.hash !== (form.elements.profile_hash?.value ?? "")) {
    const today = new Map([...fieldsOf.keys()].map((statement) => [statement.dataset.statement, questionOf(statement)]));
    const fresh = [...today].filter(([id]) => !(id in old.questions)).map(([id, text]) => `${id} ${text}`);
    const reworded = [...today].filter(([id, text]) => old.language === language && id in old.questions && old.questions[id] !== text);
    const retired = Object.entries(old.questions).filter(([id]) => !today.has(id)).map(([id, text]) => `${id} ${text}`);
    const list = (title, rows) => rows.length > 0 && h("div", {}, h("h3", {}, say(title)), h("ul", {}, ...rows.map((row) => h("li", {}, row))));
    const seen = button(say("changedSeen"), () => {
      draft.describe();
      note.remove();
    });
    const rewordings = reworded.map(([id, text]) => `${id} ${text} (${pair(say("before"), old.questions[id])})`);
    const note = notice(
      h("div", {}, h("h2", {}, say("changed")), h("p", {}, say("changedText")), list("changedNew", fresh), list("changedWords", rewordings), list("changedGone", retired), seen),
      "changed",
    );
  }
  showGone();
}

/** What the draft holds about statements that are no longer asked, so that it can be copied. */
export function showGone() {
  const gone = draft.names().filter((name) => name.startsWith("answers.") && !name.endsWith(".answer") && !fields.has(name));
  if (gone.length) {
    const texts = gone.flatMap((name) => [h("p", { class: "sid" }, name.split(".").slice(1, -1).join(".")), h("blockquote", { class: "given", dir: "auto" }, draft.read(name))]);
    notice(h("div", {}, h("h2", {}, say("gone")), h("p", {}, say("goneText")), ...texts), "gone");
  }
}

/* Modules that the first load does without: picture.js (chart and plan) and copies.js (import and export).

   They are fetched as soon as the form holds an answer, not when their button is pressed: from then on there is something
   to lose, and a phone without a connection must still save a copy. Nobody fetches them just to look at a form. */

const arriving = new Map(); // name → the promise of a module
let failures = 0;

/** The module of this name. A browser remembers for good that an address failed, so each new attempt has an address of its own. */
function arrive(name) {
  if (!arriving.has(name)) {
    const attempt = failures ? `?attempt=${failures + 1}` : "";
    const module = import(`./${name}.js${attempt}`);
    arriving.set(name, module);
    module.catch(() => {
      failures += 1;
      arriving.delete(name);
    });
  }
  return arriving.get(name);
}

export function fetchRest() {
  for (const name of parts.has("picture") ? ["copies", "picture"] : ["copies"]) arrive(name).catch(() => {}); // there will be another attempt
}

/** Does something with such a module. If it cannot be fetched, a message below `place` says so and offers to try again. */
export async function using(name, place, act) {
  const removeMessage = () => page.querySelector(`.not-loaded[data-module=${name}]`)?.remove();
  removeMessage();
  let module;
  try {
    module = await arrive(name);
  } catch {
    removeMessage(); // another attempt may have failed meanwhile
    const again = button(say("tryAgain"), () => using(name, place, act));
    return place.after(h("div", { class: "notice not-loaded", role: "alert", "data-module": name }, h("p", {}, say("notLoaded")), again));
  }
  return act(module);
}
