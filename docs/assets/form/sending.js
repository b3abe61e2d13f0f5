/* Checking and sending: all answers to read, what must be corrected, the answer of the server, and the receipt. */

import { assessed, draft, undecided } from "./draft.js";
import { button, count, fields, form, get, h, hasContent, inWords, isFilled, isMissing, labelOf, longDate, page, pair, pathOf, problemOf, questionOf, say, shortLabel, statementOf, submission } from "./fields.js";
import { notice, order, parts, partOf, using } from "./steps.js";

/** Every answer as text: with links back to the questions, or without them for paper and copies. */
function readable(linked) {
  const found = [];
  for (const part of order()) {
    if (!part.fields.length) continue;
    const rows = part.fields.flatMap((field) => {
      const value = get(field);
      const given = hasContent(value);
      const row = /^log\.\d+\./.test(field.name);
      const statement = statementOf(field);
      if (!given && (row || (statement && field.widget !== "radio" && !isMissing(field)))) return [];
      const label = statement ? (field.widget === "radio" ? `${statement.dataset.statement} ${questionOf(statement)}` : shortLabel(field)) : labelOf(field);
      const change = linked && h("a", { href: `#${field.elements[0].id}`, "aria-label": say("changeOf", { name: label }) }, say("change"));
      return [h("dt", {}, label, " ", change), h("dd", { class: given ? "given" : "soft", dir: "auto" }, inWords(field, value))];
    });
    found.push(h(linked ? "h3" : "h2", {}, part.name), h("dl", { class: "check" }, ...rows));
  }
  return found;
}

export function drawCheck() {
  parts.get("check").element.replaceChildren(h("h2", {}, say("check")), h("p", { class: "lead" }, say("checkText")), ...readable(true), h("p", { class: "print-only" }, edition()));
}

/** Which wording was answered, and when this was printed or saved. */
function edition() {
  const date = longDate(new Date());
  return form.elements.version ? say("madeOf", { version: form.elements.version.value, date }) : date;
}

/** What a copy of the form holds, taken at once: after sending, the form is no longer there. */
const contents = () => ({ title: page.querySelector("h1").textContent, edition: edition(), answers: readable(false), value: submission(draft.id()).value });

/** Saves a copy; if that needs a message, it stands below `place`. */
const saveContents = (place, held) => using("copies", place, ({ save }) => save(held));

export function saveCopy({ currentTarget }) {
  draft.save();
  saveContents(currentTarget.parentElement, contents());
}

const UNIT_LINE = 4; // from so many statements of a part that lack the same, the summary has one line for them, like the server's

/** The part, and answer or evidence if that is what is missing; "" for any other finding. */
const lackOf = ([field, , message]) => (field && statementOf(field) && message === field.rules.missing ? `${partOf(field).id} ${pathOf(field).at(-1)}` : "");

/** One line for each finding, or one for all of a part that lack the same, in place of the first: [field or null, text]. */
function summaryLines(findings) {
  const lacks = findings.map(lackOf);
  return findings.flatMap(([field, label, message], index) => {
    const number = lacks[index] ? lacks.filter((lack) => lack === lacks[index]).length : 1;
    if (number < UNIT_LINE) return [[field, pair(label, message)]];
    if (lacks.indexOf(lacks[index]) < index) return [];
    return [[field, pair(partOf(field).name, say(lacks[index].endsWith(" evidence") ? "unevidenced" : "unanswered", { number: count(number) }))]];
  });
}

/** All findings: at the top with links, and beside each field in the same words. A finding is [field or null, label, message]. */
function showFindings(findings) {
  clearFindings();
  for (const [field, , message] of findings) if (field) mark(field, message);
  const links = summaryLines(findings).map(([field, text]) => h("li", {}, field ? h("a", { href: `#${field.elements[0].id}` }, text) : text));
  const summary = h(
    "div",
    { class: "summary", role: "alert", tabindex: "-1", id: "problems" },
    h("h2", {}, say("mend", { number: count(findings.length) })),
    h("p", {}, say("mendText")),
    h("ul", {}, ...links),
  );
  form.before(summary);
  summary.scrollIntoView();
  summary.focus();
}

const errorOf = (field) => document.getElementById(`${field.elements[0].id}-error`);

function mark(field, message) {
  if (errorOf(field)) return;
  const [element] = field.elements;
  const holder = field.widget === "radio" ? element.closest("fieldset") : element;
  const id = `${element.id}-error`;
  const text = h("p", { class: "error", id }, h("strong", {}, say("error")), ` ${message}`);
  (field.widget === "radio" ? holder.querySelector(".choices") : field.widget === "checkbox" ? element.closest("label") : element).before(text);
  holder.setAttribute("aria-describedby", `${holder.getAttribute("aria-describedby") ?? ""} ${id}`.trim());
  if (field.widget !== "radio") element.setAttribute("aria-invalid", "true");
  element.closest(".field, .statement").classList.add("has-error");
}

function unmark(field) {
  const text = errorOf(field);
  if (!text) return;
  const [element] = field.elements;
  const holder = field.widget === "radio" ? element.closest("fieldset") : element;
  const described = (holder.getAttribute("aria-describedby") ?? "").replace(text.id, "").trim();
  described ? holder.setAttribute("aria-describedby", described) : holder.removeAttribute("aria-describedby");
  element.removeAttribute("aria-invalid");
  element.closest(".field, .statement").classList.remove("has-error");
  for (const old of holder.parentElement.querySelectorAll(":scope > .error")) old.remove();
  text.remove();
}

/** Takes the error away from a field that has been corrected. */
export function recheck(field) {
  if (errorOf(field) && !problemOf(field)) unmark(field);
}

function clearFindings() {
  page.querySelector("#problems")?.remove();
  page.querySelector(".not-sent")?.remove();
  for (const field of fields.values()) unmark(field);
}

export async function send(event) {
  event.preventDefault();
  const submit = form.querySelector("button[type=submit]");
  if (submit.getAttribute("aria-disabled")) return;
  draft.save();
  if (undecided.size) return page.querySelector(".differences").focus();
  clearFindings();
  const findings = [...fields.values()].map((field) => [field, labelOf(field), problemOf(field)]).filter(([, , message]) => message);
  if (findings.length) return showFindings(findings);
  const text = submit.textContent;
  submit.setAttribute("aria-disabled", "true");
  submit.textContent = say("sending");
  try {
    await post(submission(draft.id()));
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
  const body = provider ? new URLSearchParams(new FormData(form)) : JSON.stringify(trap.value ? { ...value, [trap.name]: trap.value } : value);
  if (provider) body.set("id", value.id);
  const headers = { Accept: "application/json", ...(provider ? {} : { "Content-Type": "application/json" }) };
  const signal = AbortSignal.timeout(form.dataset.patience * 1000);
  const response = await fetch(form.action, { method: "POST", body, headers, signal });
  const answer = await response.json().catch(() => ({}));
  if (response.ok && (provider || answer.reference)) showReceipt(answer);
  else if (response.status === 422 && answer.findings) showFindings(answer.findings.map((finding) => placed(finding, rows)));
  else showNotSent(answer.detail ?? say(response.status === 413 ? "size" : "server"));
}

/** A finding of the server's, with its field; rows have the numbers that the form shows. */
function placed({ pointer, label, message }, rows) {
  const field = fieldAt(pointer, rows);
  return [field, pointer.startsWith("/log/") && field ? labelOf(field) : label, message];
}

/** The field of a JSON Pointer: its own, the one around it, or the first inside. */
function fieldAt(pointer, rows) {
  const path = pointer.split("/").slice(1).map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  if (path[0] === "log" && path.length > 1) path[1] = rows[path[1]];
  for (let end = path.length; end > 0; end -= 1) {
    const name = path.slice(0, end).join(".");
    const field = fields.get(name) ?? [...fields.values()].find((other) => other.name.startsWith(`${name}.`));
    if (field) return field;
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
  const held = contents();
  const receipt = document.getElementById("receipt").content.cloneNode(true);
  for (const element of receipt.querySelectorAll("[data-reference]")) element.textContent = reference;
  if (next) {
    // It belongs to a case that is already known.
    receipt.querySelector("h1").textContent = heading;
    receipt.querySelector("ol").replaceChildren(...next.map((step) => h("li", {}, step)));
    if (!byWhen) receipt.querySelector("[data-by-when]")?.remove();
  }
  const link = status ? new URL(status, form.action).href : "";
  const times = ["first", "second", "third"].some((choice) => isFilled(`interview.${choice}`));
  for (const element of receipt.querySelectorAll("[data-if-times]")) element.hidden = !times;
  for (const element of receipt.querySelectorAll("[data-status]")) {
    if (element.tagName === "A") element.href = link + element.dataset.status;
    else element.textContent = link;
  }
  if (form.elements.kind.value === "self-assessment") {
    assessed.keep();
    const write = receipt.querySelector('[data-status="/portfolio"]');
    if (write) write.href = `../portfolio/#case=${status.split("/").slice(-2).join("/")}`;
  }
  receipt.querySelector("h1").setAttribute("tabindex", "-1");
  receipt.append(h("p", {}, button(say("copy"), ({ currentTarget }) => saveContents(currentTarget.parentElement, held))));
  page.classList.remove("led");
  page.replaceChildren(receipt);
  page.querySelector("h1").focus();
  scrollTo(0, 0);
  history.replaceState(null, "", location.pathname);
  draft.clear();
  draft.write("!sent", JSON.stringify({ reference, link, at: Date.now() }));
}

export function showSent() {
  const sent = draft.note("!sent");
  if (!sent) return;
  const link = sent.link && h("a", { href: sent.link }, say("sentLink"));
  notice(h("p", {}, say("sentOn", { date: longDate(sent.at) }), sent.reference ? ` ${say("sentRef", sent)} ` : " ", link), "sent");
}
