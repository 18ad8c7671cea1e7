// Suggests names and interests while somebody types into a search field. Nothing needs it: without
// script the field searches, as it does on Enter.
const PAUSE = 150; // milliseconds without typing before asking

for (const input of document.querySelectorAll(".search input[type=search]")) {
  const list = document.createElement("ul");
  let timer, asked = 0, chosen = -1;

  list.id = `${input.id}-suggestions`;
  list.className = "suggestions";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.labels[0]?.textContent ?? "");
  input.after(list);
  input.autocomplete = "off";
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-controls", list.id);
  input.setAttribute("aria-expanded", "false");

  function close() {
    clearTimeout(timer);
    asked += 1;
    list.hidden = true;
    list.replaceChildren();
    choose(-1);
    input.setAttribute("aria-expanded", "false");
  }

  function choose(number) {
    chosen = number;
    [...list.children].forEach((option, n) => option.setAttribute("aria-selected", n === number));
    if (number < 0) input.removeAttribute("aria-activedescendant");
    else input.setAttribute("aria-activedescendant", list.children[number].id);
  }

  function show(suggestions) {
    list.replaceChildren(...suggestions.map((each, n) => {
      const option = document.createElement("li");
      option.id = `${list.id}-${n}`;
      option.dir = "auto";
      option.className = each.type;
      option.textContent = each.text;
      option.setAttribute("role", "option");
      option.addEventListener("click", () => location.assign(each.page));
      return option;
    }));
    list.hidden = !suggestions.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    choose(-1);
  }

  async function ask() {
    const mine = ++asked;
    const wanted = new URLSearchParams({ q: input.value, lang: document.documentElement.lang });
    const answer = await fetch(`/api/v1/suggest?${wanted}`).catch(() => null); // offline, perhaps
    const results = answer?.ok ? (await answer.json()).results : [];
    if (mine === asked) show(results); // else it was typed on, or left, meanwhile
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    if (input.value.trim()) timer = setTimeout(ask, PAUSE);
    else close();
  });
  input.addEventListener("keydown", (event) => {
    const count = list.children.length;
    if (event.key === "Escape" && count) close();
    else if (event.key === "ArrowDown" && count) choose(chosen + 1 < count ? chosen + 1 : -1);
    else if (event.key === "ArrowUp" && count) choose(chosen < 0 ? count - 1 : chosen - 1);
    else if (event.key === "Enter" && chosen >= 0) list.children[chosen].click();
    else return;
    event.preventDefault();
  });
  input.addEventListener("blur", close);
  input.form.addEventListener("submit", close);
  list.addEventListener("mousedown", (event) => event.preventDefault()); // or the field loses focus first
}
