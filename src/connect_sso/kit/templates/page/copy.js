"use strict";
const status = document.querySelector(".status");
const say = (text) => {
  status.textContent = text;
  setTimeout(() => { status.textContent = ""; }, 1500);
};
const select = (code) => getSelection().selectAllChildren(code);
for (const code of document.querySelectorAll(".copy code")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.setAttribute("aria-label", "Copy: " + code.parentElement.previousElementSibling.textContent);
  button.addEventListener("click", () => {
    select(code);
    const ways = navigator.clipboard ? navigator.clipboard.writeText(code.textContent) : Promise.reject();
    ways.then(() => say("Copied"), () => say(document.execCommand("copy") ? "Copied" : "Selected: copy it with the keyboard"));
  });
  code.parentElement.append(button);
}
