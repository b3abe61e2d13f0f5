/* Copies of the form, saved and opened again (import and export). Fetched when the form holds an answer: see steps.js. */

import { draft, showDifferences } from "./draft.js";
import { count, fields, form, get, h, language, longDate, put, say } from "./fields.js";
import { notice, showGone } from "./steps.js";

const STYLE = "body{font:1rem/1.5 system-ui,sans-serif;max-width:42rem;margin:2rem auto;padding:0 1rem}dd{margin:0 0 1rem;white-space:pre-wrap;overflow-wrap:anywhere}dt{font-weight:600}";

/** Lets the person save one file that anybody can read, with exactly the JSON in it that would be sent. */
export function save({ title, edition, answers, value }) {
  const copy = document.implementation.createHTMLDocument(say("copyTitle", { title, date: longDate(new Date()) }));
  copy.documentElement.lang = language;
  copy.documentElement.dir = document.documentElement.dir || "ltr";
  copy.head.prepend(h("meta", { charset: "utf-8" }), h("meta", { name: "viewport", content: "width=device-width" }));
  const json = h("script", { type: "application/json", id: "submission" });
  json.textContent = JSON.stringify(value, null, 1).replace(/</g, "\\u003c");
  copy.body.append(h("h1", {}, title), h("p", {}, say("copyText")), h("p", {}, edition), ...answers, json);
  // The style is added as text: this page's policy allows none of its own, that of a file does.
  download(`<!doctype html>\n${copy.documentElement.outerHTML.replace("</head>", `<style>${STYLE}</style></head>`)}\n`);
}

function download(text) {
  const day = new Date().toISOString().slice(0, 10);
  const url = URL.createObjectURL(new Blob([text], { type: "text/html" }));
  h("a", { href: url, download: `${form.dataset.draft.split("|")[1].replace("/", "-")}-${day}.html` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}

export async function open(file) {
  try {
    const text = await file.text();
    const inside = /<script type="application\/json" id="submission">([^<]*)</.exec(text);
    fillFrom(JSON.parse(inside ? inside[1] : text));
  } catch {
    notice(h("p", { role: "alert" }, say("copyWrong")), "copy");
    location.hash = "#part-overview";
  }
}

/** Fills in blank fields; shows and asks about what differs. */
function fillFrom(value) {
  const texts = flatten(value);
  if (![...fields.keys()].some((name) => name in texts)) throw new TypeError();
  const empty = [...fields.values()].every((field) => get(field) === "");
  if (empty && value.kind === form.elements.kind.value && /^[0-9a-f]{32}$/.test(value.id)) draft.chosen = value.id;
  const differing = [];
  let number = 0;
  for (const field of fields.values()) {
    const other = texts[field.name];
    if (other === undefined || other === get(field)) continue;
    if (get(field) !== "") differing.push({ name: field.name, other });
    else {
      put(field, other);
      draft.touch(field);
      number += 1;
    }
  }
  const same = ["kind", "profile"].every((name) => value[name] === form.elements[name]?.value);
  for (const [name, text] of Object.entries(texts)) if (same && name.startsWith("answers.") && !fields.has(name)) draft.write(name, text);
  showGone();
  draft.save();
  notice(h("p", { role: "status" }, say("copyOpened", { number: count(number) })), "copy");
  location.hash = "#part-overview";
  form.dispatchEvent(new Event("change"));
  if (differing.length) showDifferences("differCopy", differing);
}

/** A submission as texts by the names of the form's fields. */
function flatten(value, path = [], found = {}) {
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) found[path.join(".")] = value.join("\n");
  else if (Array.isArray(value)) value.forEach((item, index) => flatten(item, [...path, index + 1], found));
  else if (value && typeof value === "object") {
    for (const [name, inner] of Object.entries(value)) flatten(inner, [...path, name], found);
  } else if (value !== false && value != null) found[path.join(".")] = String(value);
  return found;
}
