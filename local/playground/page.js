"use strict";

const form = document.querySelector("form");
const called = document.getElementById("called");
const said = document.getElementById("status");
const problem = document.getElementById("problem");
const mostBytes = Number(form.dataset.mostBytes);
let arrived = 0;

// The server escapes every name. Styles come apart, because the page's policy forbids them in HTML.
function insert(html, put) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const nodes = [...template.content.children];
  put(template.content);
  for (const node of nodes) {
    for (const each of node.querySelectorAll("[data-style]")) each.style.cssText = each.dataset.style;
  }
}

async function ask(path, body) {
  const answer = await fetch(path, body === undefined ? {} : { method: "POST", body });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.problem);
  return told;
}

function complain(text) {
  problem.textContent = text;
  problem.hidden = !text;
}

async function take(fieldset, files) {
  complain("");
  const kind = fieldset.dataset.kind;
  const choices = fieldset.querySelector(".choices");
  // Your own photos replace the sample that was chosen at first.
  if (files.length && !choices.dataset.own) {
    for (const each of choices.querySelectorAll(":checked")) each.checked = false;
    choices.dataset.own = "yes";
  }
  const one = kind === "reference";
  if (one && files.length > 1) complain(`A reference is one photo: only ${files[0].name} is taken.`);
  for (const file of one ? [...files].slice(0, 1) : files) {
    said.textContent = `Loading ${file.name} …`;
    try {
      if (file.size > mostBytes) throw new Error(`over ${mostBytes / 2 ** 20} MB.`);
      const { html } = await ask(`photos?kind=${kind}&name=${encodeURIComponent(file.name)}`, file);
      insert(html, (part) => choices.prepend(part));
      said.textContent = `${file.name} is chosen.`;
    } catch (error) {
      said.textContent = "";
      complain(`${file.name}: ${error.message}`);
    }
  }
}

for (const fieldset of form.querySelectorAll("[data-kind]")) {
  const file = fieldset.querySelector("input[type=file]");
  file.addEventListener("change", async () => {
    await take(fieldset, [...file.files]);
    file.value = "";
  });
  fieldset.addEventListener("dragover", (event) => {
    event.preventDefault();
    fieldset.classList.add("over");
  });
  fieldset.addEventListener("dragleave", () => fieldset.classList.remove("over"));
  fieldset.addEventListener("drop", (event) => {
    event.preventDefault();
    fieldset.classList.remove("over");
    take(fieldset, [...event.dataTransfer.files]);
  });
}
// A photo that misses its place must not replace the page.
for (const name of ["dragover", "drop"]) addEventListener(name, (event) => event.preventDefault());

function wanted() {
  const fields = new FormData(form);
  const event = { reference: fields.get("reference"), challenges: fields.getAll("challenge"), rule: {} };
  for (const name of ["similarity_threshold", "review_threshold"]) {
    if (fields.get(name) !== "") event.rule[name] = Number(fields.get(name));
  }
  if (fields.get("quality_filter")) event.rule.quality_filter = fields.get("quality_filter");
  for (const box of form.querySelectorAll(".check input")) if (box.checked) event.rule[box.name] = true;
  return event;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (form.ariaBusy === "true") return;
  form.ariaBusy = "true";
  complain("");
  said.textContent = "Comparing …";
  try {
    const { html, summary } = await ask("calls", JSON.stringify(wanted()));
    insert(html, (part) => called.replaceChildren(part));
    said.textContent = summary;
    called.querySelector("h2").focus();
  } catch (error) {
    said.textContent = "";
    complain(error.message);
  } finally {
    form.ariaBusy = "false";
  }
});

document.addEventListener("click", async (event) => {
  if (!event.target.matches(".copy")) return;
  const text = event.target.parentElement.querySelector("pre");
  const label = event.target.firstChild;
  try {
    await navigator.clipboard.writeText(text.textContent);
    label.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(text);
    label.textContent = "Selected";
  }
  setTimeout(() => (label.textContent = "Copy"), 2000);
});

async function look() {
  try {
    const { next, arrivals } = await ask(`arrivals?after=${arrived}`);
    arrived = next;
    for (const { html, summary } of arrivals) {
      insert(html, (part) => document.getElementById("arrived").prepend(part));
      document.getElementById("nothing").hidden = true;
      document.getElementById("arrival").textContent = `Arrived: ${summary}`;
    }
  } catch (error) {
    if (error instanceof TypeError) return complain("The playground has ended. Start it again.");
    complain(error.message);
  }
  setTimeout(look, document.hidden ? 5000 : 1500);
}
look();
