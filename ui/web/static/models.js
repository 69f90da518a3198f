// Asked for when it is looked at, each time anew: a model may have been fetched since.
let seen = false;
const timer = setInterval(() => {
  if (!element.isConnected) return clearInterval(timer);
  const shown = element.offsetParent !== null;
  if (shown && !seen) trigger("shown", {});
  seen = shown;
}, 300);
