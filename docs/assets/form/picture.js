/* What the answers say: a chart and the learning plan, drawn on this device. Fetched when the form holds an answer: see steps.js. */

import { answerOf, button, count, h, pair, questionOf, say } from "./fields.js";
import { order } from "./steps.js";

const ANSWERS = ["yes", "partly", "not_yet", "blank"];
const SVG = "http://www.w3.org/2000/svg";

/** How often each answer was given. */
function tally(statements) {
  const found = { yes: 0, partly: 0, not_yet: 0, blank: 0 };
  for (const statement of statements) found[answerOf(statement) || "blank"] += 1;
  return found;
}

/** A bar for each row of [name, tally]. */
function bars(rows) {
  const svg = (tag, attributes, text) => {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    if (text) element.textContent = text;
    return element;
  };
  const chart = svg("svg", { viewBox: `0 0 600 ${rows.length * 46}`, class: "bars", role: "img", "aria-label": say("pictureAlt") });
  const fromRight = document.documentElement.dir === "rtl";
  rows.forEach(([name, numbers], row) => {
    const total = ANSWERS.reduce((sum, answer) => sum + numbers[answer], 0) || 1;
    let x = 0;
    chart.append(svg("text", { x: fromRight ? 600 : 0, y: row * 46 + 14, "text-anchor": "start" }, name));
    for (const answer of ANSWERS) {
      const width = (numbers[answer] / total) * 600;
      if (width) chart.append(svg("rect", { x: (fromRight ? 600 - x - width : x) + 1, y: row * 46 + 21, width: Math.max(width - 2, 1), height: 16, class: `bar-${answer}` }));
      x += width;
    }
  });
  return chart;
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

/** Everything of the part below its heading. */
export function draw() {
  const units = order().filter((part) => part.statements.length);
  const all = units.flatMap((part) => part.statements);
  const kinds = [...new Set(all.map((statement) => statement.dataset.kind))];
  const byUnit = units.map((part) => [part.name, tally(part.statements)]);
  const byKind = kinds.map((kind) => [say(kind), tally(all.filter((statement) => statement.dataset.kind === kind))]);
  const gaps = all.filter((statement) => ["partly", "not_yet"].includes(answerOf(statement)));
  const plan = gaps.map((statement) =>
    h("li", {}, h("span", { class: "sid" }, statement.dataset.statement), " ", questionOf(statement), " ", h("span", { class: "tag" }, say(answerOf(statement))), h("p", { class: "plan-line" }, say("planDo"))),
  );
  const started = all.some((statement) => answerOf(statement));
  return [
    h("p", { class: "lead" }, say("pictureText")),
    ...(started
      ? [h("h3", {}, say("byUnit")), bars(byUnit), table(say("unit"), byUnit), h("h3", {}, say("byKind")), bars(byKind), table(say("kind"), byKind)]
      : [h("p", {}, say("pictureEmpty"))]),
    h("h3", {}, say("plan")),
    h("p", {}, say(gaps.length || !started ? "planText" : "planEmpty")),
    h("ul", { class: "plan" }, ...plan),
    button(say("print"), () => print()),
  ];
}
