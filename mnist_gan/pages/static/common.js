// Shared by both kinds of page: the data block, elements, copying.

const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("data").textContent);
const still = matchMedia("(prefers-reduced-motion: reduce)").matches;

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function canvas(size, label, className = "small ink") {
  const element = make("canvas", { width: size, height: size, className });
  element.setAttribute("role", "img");
  element.setAttribute("aria-label", label);
  return element;
}

const capitalised = (word) => word[0].toUpperCase() + word.slice(1);
const percent = (share) => `${(100 * share).toFixed(0)} %`;

// Let a button copy the text of another element and show whether that worked.
function offerCopy(button, source) {
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(source);
      button.textContent = document.execCommand("copy") ? "Copied" : "Selected: press Ctrl-C";
    }
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
}
