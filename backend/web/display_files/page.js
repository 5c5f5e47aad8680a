// Shows what the backend tells, and says each new call. What is said is made by the backend; where the browser may
// not play it, a button asks for one touch, and where there is no sound at all, the browser's own voice speaks.
"use strict";
const page = document.body.dataset;
const at = (id) => document.getElementById(id);
const waitingCalls = [];
let known = null;
let speaking = false;

function text(node, value) { if (node.textContent !== value) node.textContent = value; }

function shown(state) {
  const latest = state.calls[0];
  at("number").classList.toggle("none", !latest);
  text(at("number"), latest ? latest.number : `${page.nobodyZh} ${page.nobodyEn}`);
  at("window").replaceChildren();
  if (latest) {
    const english = document.createElement("small");
    english.lang = "en";
    english.textContent = `${page.counterEn} ${latest.window}`;
    at("window").append(`${latest.window} ${page.counterZh}`, english);
  }
  at("calls").replaceChildren(...state.calls.slice(1).map((call) => {
    const row = document.createElement("tr");
    for (const value of [call.number, call.window]) {
      const cell = document.createElement("td");
      cell.textContent = value;
      row.append(cell);
    }
    return row;
  }));
  text(at("waiting"), String(state.waiting));
  text(at("minutes"), String(state.minutes));
  text(at("next"), state.next.join("  ") || "–");
}

function fresh(state) {
  const before = known;
  known = new Map(state.calls.map((call) => [call.number, call.calls]));
  if (before === null) return [];  // what was called before the page was opened is not called again
  return state.calls.filter((call) => call.calls > (before.get(call.number) || 0)).reverse();
}

function spoken(call) {
  return new Promise((done) => {
    const sound = new Audio(`/display/${page.counters}/calls/${call.number}-${call.window}.wav`);
    sound.onended = () => { document.body.dataset.said = `${call.number}-${call.window}`; done(true); };
    sound.onerror = () => { ownVoice(call); done(true); };
    sound.play().catch((error) => {
      if (error.name === "NotAllowedError") { at("sound").hidden = false; done(false); }
    });
  });
}

function ownVoice(call) {
  if (!window.speechSynthesis || !window.speechSynthesis.getVoices().length) return;
  const digits = [...call.number].join(" ");
  for (const [words, language] of [[`${digits}，${call.window} ${page.counterZh}`, "zh-CN"],
                                   [`${digits}, ${page.counterEn} ${call.window}`, "en"]]) {
    const said = new SpeechSynthesisUtterance(words);
    said.lang = language;
    window.speechSynthesis.speak(said);
  }
}

async function speak() {
  if (speaking) return;
  speaking = true;
  while (waitingCalls.length) {
    if (!await spoken(waitingCalls[0])) break;
    waitingCalls.shift();
  }
  speaking = false;
}

function called(calls) {
  if (!calls.length) return;
  waitingCalls.push(...calls);
  waitingCalls.splice(0, waitingCalls.length - 8);  // long silence is not made up for
  const now = at("now");
  now.classList.remove("called");
  void now.offsetWidth;  // begins the animation anew
  now.classList.add("called");
  speak();
}

at("sound").addEventListener("click", () => { at("sound").hidden = true; speak(); });

const countyClock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Shanghai" });

function tick() { text(at("clock"), countyClock.format(new Date())); }
tick();
setInterval(tick, 1000);

let lostTimer = 0;
const events = new EventSource(`/display/${page.counters}/events`);
events.onopen = () => { clearTimeout(lostTimer); lostTimer = 0; at("lost").hidden = true; };
events.onerror = () => {
  lostTimer = lostTimer || setTimeout(() => { at("lost").hidden = false; }, 5000);
  if (events.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 10000);
};
events.onmessage = (event) => {
  const state = JSON.parse(event.data);
  shown(state);
  called(fresh(state));
};
