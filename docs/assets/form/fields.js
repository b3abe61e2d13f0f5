/* The form's fields: what they hold, what they require, and the submission made of them. It also holds what every module
   needs: the form, the words of the page and a short way to build elements.

   The page works without these modules. They state no rule of their own: what is required, how long and in which form
   stands in attributes that come from the schema (data-required, data-when …), together with the messages; what all
   statements or all fields have in common stands once in the page's #rules. All other texts come from its #words. */

export const form = document.querySelector("form[data-draft]");
export const page = form.closest(".form");
export const language = document.documentElement.lang || "en";

const words = JSON.parse(document.getElementById("words").textContent);
const shared = JSON.parse(document.getElementById("rules").textContent); // name of a field, or "*" for all → its rules
const CONTENT = new RegExp(shared["*"].content, "u");

export const say = (key, values = {}) => words[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
/** "Label: message", as the language writes it. */
export const pair = (label, message) => say("pair", { label, message });
export const count = (number) => new Intl.NumberFormat(language).format(number);
export const longDate = (date) => new Intl.DateTimeFormat(language, { dateStyle: "long" }).format(date);

/** An element with attributes and children. A function becomes a listener, `true` an empty attribute; false and null are left out. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== false && value != null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child != null && child !== false));
  return element;
}

export const button = (text, act, more = {}) => h("button", { type: "button", class: "quiet", click: act, ...more }, text);

/** True if a reader would see anything in it: the server's own rule, which comes with the page. */
export const hasContent = (text) => CONTENT.test(text);

/** name → {name, elements, rules, widget, first}. */
export const fields = new Map();
/** statement (its element) → its fields. */
export const fieldsOf = new Map();
/** Fields that are required together as soon as one of them is filled in, by the name they share. */
const groups = new Map();

export function findFields() {
  for (const element of form.querySelectorAll("input[name]:not([type=hidden]), textarea[name]")) {
    if (element.closest(".trap")) continue;
    const known = fields.get(element.name);
    if (known) known.elements.push(element);
    else {
      const rules = rulesOf(element);
      const widget = element.type === "radio" || element.type === "checkbox" ? element.type : rules.widget || "text";
      fields.set(element.name, { name: element.name, elements: [element], rules, widget });
    }
  }
  for (const field of fields.values()) {
    const { together } = field.rules;
    if (together && !groups.has(together)) groups.set(together, [...fields.values()].filter(({ name }) => name.startsWith(`${together}.`)));
    const statement = statementOf(field);
    if (statement) fieldsOf.set(statement, [...(fieldsOf.get(statement) ?? []), field]);
  }
}

/** A field's own rules, and those that all statements share, where * stands for the statement. Radio buttons have theirs on the fieldset. */
function rulesOf(element) {
  const own = (element.type === "radio" ? element.closest("fieldset") : element).dataset;
  const statement = element.closest("[data-statement]")?.dataset.statement;
  const common = statement ? shared[element.name.split(".").at(-1)] : {};
  const named = Object.entries(common).map(([name, rule]) => [name, rule.replace("answers.*", `answers.${statement}`)]);
  return { ...Object.fromEntries(named), ...own };
}

export const statementOf = (field) => field.elements[0].closest("[data-statement]");
export const questionOf = (statement) => statement.querySelector(".question").textContent;
/** yes, partly, not_yet, or "" if there is no answer. */
export const answerOf = (statement) => get(fieldsOf.get(statement).find((field) => field.widget === "radio"));

export function get(field) {
  if (field.widget === "radio") return field.elements.find((element) => element.checked)?.value ?? "";
  const [element] = field.elements;
  return field.widget === "checkbox" ? (element.checked ? "true" : "") : element.value;
}

/** Fills in a field and fires "put" on the form, with the field as its detail. */
export function put(field, value) {
  if (field.widget === "radio") for (const element of field.elements) element.checked = element.value === value;
  else if (field.widget === "checkbox") field.elements[0].checked = value === "true";
  else {
    const [element] = field.elements;
    element.value = value;
    if (element.value === "" && value !== "") {
      // An impossible date is shown as it was typed, so that it can be corrected.
      element.type = "text";
      element.value = value;
    }
  }
  form.dispatchEvent(new CustomEvent("put", { detail: field }));
}

export const isFilled = (name) => fields.has(name) && hasContent(get(fields.get(name)));

function isRequired({ name, rules }) {
  if ("when" in rules) {
    const [other, values] = rules.when.split("=");
    return values.split("|").includes(get(fields.get(other)));
  }
  const { together } = rules;
  if (together && groups.get(together).some((other) => other.name !== name && isFilled(other.name))) return true;
  if ("unless" in rules) return !isFilled(rules.unless);
  return "required" in rules;
}

export const isMissing = (field) => !isFilled(field.name) && isRequired(field);

const linesOf = (text) => text.split("\n").filter(hasContent).map((line) => line.trim());

/** What must be corrected in a field, in the words that came with it; "" if nothing. */
export function problemOf(field) {
  const { rules } = field;
  if (field.elements[0].validity.badInput) return rules.mismatch; // half a date
  if (isMissing(field)) return rules.missing;
  const value = get(field);
  if (!hasContent(value)) return "";
  const lines = field.widget === "lines" ? linesOf(value) : [value];
  if (rules.maxitems && lines.length > rules.maxitems) return rules.toomany.replace("{now}", count(lines.length));
  if (rules.maximum) {
    const number = valueOf(field, value);
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

export function labelOf(field) {
  const [element] = field.elements;
  const statement = statementOf(field);
  if (statement) return `${statement.dataset.statement} ${statement.closest("[data-step]").dataset.title}`;
  const row = element.closest(".row [data-title]");
  return row ? row.dataset.title : shortLabel(field);
}

export function shortLabel(field) {
  const label = field.elements[0].labels[0].cloneNode(true);
  label.querySelector(".optional")?.remove();
  return label.textContent.trim();
}

/** A value in the words of the form. */
export function inWords(field, value) {
  if (!hasContent(value)) return say("blank");
  if (field.widget === "radio") return words[value] ?? value;
  return field.widget === "checkbox" ? say("yes") : value;
}

/** The submission as it is sent, under the id given. A dot in a name leads one level down; blank rows are left out.
    `rows` are the numbers that the form shows for the rows of `value`. */
export function submission(id) {
  const value = {};
  for (const hidden of form.querySelectorAll("input[type=hidden]:not([data-provider])")) value[hidden.name] = hidden.value;
  value.id = id;
  for (const part of ["answers", "applicant", "declarations"]) {
    if ([...fields.keys()].some((name) => name.startsWith(`${part}.`))) value[part] = {};
  }
  const rows = new Map();
  for (const field of fields.values()) {
    const content = valueOf(field, get(field));
    if (content === null) continue;
    const path = pathOf(field);
    if (/^\d+$/.test(path[1])) {
      const table = (value[path[0]] ??= []);
      if (!rows.has(path[1])) rows.set(path[1], table.push({}) - 1);
      table[rows.get(path[1])][path[2]] = content;
    } else {
      let place = value;
      for (const step of path.slice(0, -1)) place = place[step] ??= {};
      place[path.at(-1)] = content;
    }
  }
  return { value, rows: [...rows.keys()] };
}

/** Where a field's value belongs in the submission; ids of statements contain dots themselves. */
export function pathOf(field) {
  const path = field.name.split(".");
  const statement = statementOf(field);
  return statement ? [path[0], statement.dataset.statement, path.at(-1)] : path;
}

/** A field's text as the value that is sent; null if there is nothing to send. */
function valueOf(field, text) {
  if (field.widget === "checkbox") return text ? true : null;
  if (!hasContent(text)) return null;
  if (field.widget === "lines") return linesOf(text);
  const content = field.elements[0].tagName === "TEXTAREA" ? text : text.trim();
  const number = field.widget === "number" ? Number(content.replace(",", ".")) : NaN;
  return Number.isFinite(number) ? number : content;
}
