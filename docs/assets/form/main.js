/* Starts the form: finds its fields, restores the draft, makes the parts, and listens. */

import { assessed, draft, drawDifferences, showDifferences, showState, undecided } from "./draft.js";
import { answerOf, button, count, fields, fieldsOf, findFields, form, get, h, page, put, questionOf, say, statementOf } from "./fields.js";
import { drawCheck, recheck, saveCopy, send, showSent } from "./sending.js";
import { decoded, fetchRest, hasParts, makeFilter, makeOverview, makeParts, makeWays, measure, notice, open, parts, showChanges, showProgress, using } from "./steps.js";

/** Below the form: what is saved, and what can be done with the draft. */
function makeDesk() {
  const dialog = h(
    "dialog",
    { "aria-labelledby": "clear-sure" },
    h("p", { id: "clear-sure" }, say("clearSure")),
    h("div", { class: "desk-buttons" }, button(say("clearNo"), () => dialog.close(), { autofocus: true }), button(say("clearYes"), clearAll)),
  );
  form.append(
    h(
      "div",
      { class: "desk" },
      hasParts() && makeFilter(),
      h("p", { class: "state", role: "status", "data-state": true }),
      h(
        "div",
        { class: "desk-buttons" },
        button(say("copy"), saveCopy),
        h("label", { class: "quiet file" }, say("open"), h("input", { type: "file", accept: ".html,.json,text/html,application/json", change: openCopy })),
        button(say("clear"), () => dialog.showModal()),
      ),
      dialog,
    ),
  );
}

function openCopy({ target }) {
  const [file] = target.files;
  target.value = "";
  if (file) using("copies", target.closest(".desk-buttons"), (copies) => copies.open(file));
}

function clearAll() {
  draft.clear();
  draft.storage?.removeItem(assessed.key());
  form.reset();
  location.hash = "";
  location.reload();
}

/** The heading stays while the rest is fetched and drawn: the focus may be on it. */
function drawPicture() {
  const { element } = parts.get("picture");
  const heading = element.querySelector("h2") ?? h("h2", {}, say("picture"));
  if (!heading.isConnected) element.append(heading);
  using("picture", heading, ({ draw }) => element.replaceChildren(heading, ...draw()));
}

/** A portfolio begins with the answers of the self-assessment, gaps first. */
function carryOver() {
  const before = assessed.all();
  const gaps = [];
  let carried = 0;
  for (const [statement, own] of fieldsOf) {
    const answer = before[statement.dataset.statement];
    if (!answer) continue;
    if (!answerOf(statement) && draft.read("!carried") === null) {
      const radio = own.find((field) => field.widget === "radio");
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

/** After a field has changed: what depends on it. */
function update(field) {
  const statement = statementOf(field);
  if (statement) measure(statement);
  else if (field.name.startsWith("held.")) for (const other of fieldsOf.keys()) measure(other);
  recheck(field);
  const [element] = field.elements;
  const limit = Number(field.rules.maxlength);
  if (element.tagName === "TEXTAREA" && field.widget === "text" && limit) showLength(element, limit);
}

/** How long a text is, once it comes close to its limit. */
function showLength(element, limit) {
  const now = element.value.length > limit * 0.9 ? [...element.value].length : 0;
  let counter = element.nextElementSibling?.matches(".counter") ? element.nextElementSibling : null;
  if (now > limit * 0.9) {
    if (!counter) element.after((counter = h("p", { class: "state counter", role: "status" })));
    counter.textContent = say("characters", { now: count(now), limit: count(limit) });
  } else counter?.remove();
}

/** Another tab has written. Each may have saved before it heard of the other: then both versions are shown. */
function fromOtherTab({ key, oldValue, newValue }) {
  const start = draft.key("");
  if (!key?.startsWith(start)) return;
  if (key === draft.key("!id")) draft.chosen = undefined;
  if (key === draft.key("!sent")) showSent();
  const field = fields.get(key.slice(start.length));
  if (!field) return;
  const { name } = field;
  const other = newValue ?? "";
  const unseen = draft.own.has(name) && (oldValue ?? "") !== draft.known.get(name);
  if (other === get(field)) {
    if (undecided.delete(name)) drawDifferences();
    if ((draft.read(name) ?? "") !== other) return draft.touch(field);
    draft.dirty.delete(name);
  } else if (unseen) {
    draft.touch(field);
    return showDifferences("differTab", [{ name, other }]);
  } else if (draft.dirty.has(name)) {
    if (undecided.has(name)) draft.save();
    return;
  }
  draft.known.set(name, other);
  draft.own.delete(name);
  put(field, other);
  showProgress();
}

/** The link on a receipt brings the reference and the secret of a case along. */
function caseFromLink() {
  const [, reference, secret] = /^#case=([^/]+)\/(.+)$/.exec(location.hash) ?? [];
  if (!reference) return;
  for (const [name, text] of [["case.reference", reference], ["case.secret", secret]]) if (fields.has(name)) put(fields.get(name), decoded(text));
  history.replaceState(null, "", location.pathname);
}

function resume() {
  const place = draft.note("!place");
  const stopped = place && parts.get(place.replace("#part-", ""));
  if (!location.hash && stopped && stopped.id !== "overview") notice(h("p", {}, h("a", { href: place }, say("resume", { name: stopped.name }))), "resume");
}

function listen() {
  form.addEventListener("input", ({ target }) => {
    const field = fields.get(target.name);
    if (!field) return;
    update(field);
    draft.touch(field);
    if (field.widget !== "text" || !hasParts()) showProgress();
  });
  form.addEventListener("put", ({ detail }) => update(detail));
  form.addEventListener("change", showProgress);
  form.addEventListener("submit", send);
  addEventListener("storage", fromOtherTab);
  addEventListener("pagehide", () => draft.save());
  addEventListener("visibilitychange", () => document.visibilityState === "hidden" && draft.save());
  form.addEventListener("input", fetchRest, { once: true });
  addEventListener("online", () => holdsAnswers() && fetchRest());
  if (hasParts()) {
    addEventListener("hashchange", () => open(true));
    addEventListener("beforeprint", () => form.isConnected && page.dataset.at !== "picture" && drawCheck());
  }
}

const holdsAnswers = () => [...fields.values()].some((field) => get(field) !== "");

function start() {
  findFields();
  draft.open();
  caseFromLink();
  const differing = draft.restore();
  form.prepend(h("div", { "data-notices": true }));
  if (hasParts()) {
    makeParts();
    parts.get("check").draw = drawCheck;
    if (parts.has("picture")) parts.get("picture").draw = drawPicture;
    makeOverview();
    makeWays();
  }
  makeDesk();
  for (const element of page.querySelectorAll("[data-plain]")) element.hidden = true;
  for (const element of page.querySelectorAll("[data-led]")) element.hidden = false;
  showSent();
  if (form.elements.kind.value === "portfolio") carryOver();
  showChanges();
  for (const statement of fieldsOf.keys()) measure(statement);
  resume();
  listen();
  if (hasParts()) {
    page.classList.add("led");
    open(location.hash !== "");
  }
  showState();
  if (differing.length) showDifferences("differDraft", differing);
  if (holdsAnswers()) fetchRest();
}

start();
