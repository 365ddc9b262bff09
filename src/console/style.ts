/** The one style sheet of the pages, light and dark. */
export const style = `:root {
  color-scheme: light dark;
  --ink: #1c2330; --soft: #5a6475; --paper: #fff; --wash: #f4f6fa; --line: #d5dae3; --link: #1a4f9c; --focus: #1a4f9c;
  --good: #14653c; --good-wash: #e0f3e8; --bad: #a3201d; --bad-wash: #fde8e7; --busy: #1a4f9c; --busy-wash: #e3edfb;
  --hold: #7a4a00; --hold-wash: #fbefd9; --rest: #4a5364; --rest-wash: #e9ecf1;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e3e7ef; --soft: #9aa5b8; --paper: #12161f; --wash: #1b2130; --line: #333c50; --link: #8db9ff; --focus: #8db9ff;
    --good: #7fdcab; --good-wash: #123524; --bad: #ff9d98; --bad-wash: #3d1a1a; --busy: #9cc3ff; --busy-wash: #172a48;
    --hold: #f0c070; --hold-wash: #3a2a0f; --rest: #b7c0d0; --rest-wash: #262d3c;
  }
}
* { box-sizing: border-box }
body { margin: 0; font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper) }
a { color: var(--link) }
a:focus-visible, button:focus-visible, input:focus-visible, select:focus-visible, summary:focus-visible, [tabindex]:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px }
code, pre { font: 13px/1.5 ui-monospace, monospace }
code { overflow-wrap: anywhere }
pre { margin: .5rem 0; padding: .75rem; overflow: auto; max-height: 30rem; background: var(--wash); border-radius: 6px }
h1 { margin: 0 0 .75rem; font-size: 1.5rem } h2 { margin: 0 0 .5rem; font-size: 1.1rem }
section { margin-top: 1.75rem }
.skip { position: absolute; left: -100rem } .skip:focus { left: 1rem; top: 1rem; background: var(--paper); padding: .5rem }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
header { display: flex; flex-wrap: wrap; gap: .4rem 1.5rem; align-items: center; padding: .6rem 1.25rem; border-bottom: 1px solid var(--line) }
header nav { display: flex; gap: 1.1rem } header a { text-decoration: none } header a:hover { text-decoration: underline }
.brand { display: inline-flex; gap: .5rem; align-items: center; font-weight: 600; color: var(--ink) }
.reader { display: flex; gap: .75rem; align-items: center; margin-left: auto } .reader small { color: var(--soft) }
main { max-width: 76rem; margin: 0 auto; padding: 1.25rem }
button, input, select { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--line); border-radius: 6px; padding: .3rem .7rem; min-height: 2.25rem }
button { cursor: pointer; background: var(--wash) } button:hover { border-color: var(--soft) }
.primary { color: var(--paper); background: var(--link); border-color: var(--link) }
.danger { color: var(--bad); border-color: var(--bad) }
.filter { display: flex; flex-wrap: wrap; gap: .6rem 1rem; align-items: center; margin-bottom: 1rem }
.filter label { display: inline-flex; gap: .4rem; align-items: center }
table { width: 100%; border-collapse: collapse }
th, td { padding: .5rem .9rem .5rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line) }
th { color: var(--soft); font-weight: 500; font-size: .87rem } .number { text-align: right; white-space: nowrap } time { white-space: nowrap }
.state { display: inline-block; padding: 0 .55rem; border-radius: 99px; font-size: .87rem; font-weight: 500; white-space: nowrap; color: var(--rest); background: var(--rest-wash) }
.succeeded { color: var(--good); background: var(--good-wash) } .failed { color: var(--bad); background: var(--bad-wash) }
.active { color: var(--busy); background: var(--busy-wash) } .retrying, .blocked, .expired { color: var(--hold); background: var(--hold-wash) }
.why { margin: .15rem 0 0; color: var(--bad); overflow-wrap: anywhere }
.none, .hint, .crumb { color: var(--soft) } .hint { font-size: .87rem } .crumb { margin: 0 0 .5rem }
.nothing { padding: 1.5rem; background: var(--wash); border-radius: 8px }
.nothing pre { background: var(--paper) }
.paging { display: flex; gap: 1.25rem; margin-top: 1rem }
.title { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center } .title h1 { margin: 0; overflow-wrap: anywhere }
.action { display: flex; gap: .5rem; margin-left: auto } .action input { flex: 1; min-width: 6rem } .action button { white-space: nowrap } .id { margin: .25rem 0 1rem; color: var(--soft) }
.reason, .fault { padding: .6rem .9rem; border-radius: 8px; overflow-wrap: anywhere }
.reason { background: var(--hold-wash); color: var(--hold) } .fault { background: var(--bad-wash); color: var(--bad) } .fault p { margin: 0 } .fault a { color: inherit }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(18.5rem, 1fr)); gap: .75rem 1.5rem; margin: 1rem 0 0 }
dt { color: var(--soft); font-size: .87rem } dd { margin: 0; overflow-wrap: anywhere } progress { width: 8rem } dd time { white-space: normal }
.attempts li, .steps li { margin-bottom: .5rem } .attempts p, .steps p { margin: 0 } .tree { list-style: none; padding-left: 1.1rem } .tree li { margin: .25rem 0 }
.log { list-style: none; margin: 0; padding: .75rem; max-height: 40rem; overflow: auto; background: var(--wash); border-radius: 6px; font: 13px/1.6 ui-monospace, monospace }
.log li { display: grid; grid-template-columns: 7.5rem 3.5rem 1fr; overflow-wrap: anywhere } .log time { color: var(--soft) } .log b { font-weight: 500 }
.log .warn b { color: var(--hold) } .log .error b { color: var(--bad) } .log code { color: var(--soft) } .log .debug { color: var(--soft) }
.sign-in, .problem { max-width: 34rem; margin: 8vh auto 0 } .sign-in form { display: grid; gap: .6rem; margin: 1rem 0 } .sign-in h1 { font-size: 1.75rem }
@media (max-width: 44rem) {
  main { padding: 1rem } header { padding: .6rem 1rem } .action { margin-left: 0; width: 100% }
  .runs thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
  .runs, .runs tbody { display: block } .runs tr { display: flex; flex-wrap: wrap; gap: .1rem .9rem; padding: .7rem 0; border-bottom: 1px solid var(--line) }
  .runs td { display: block; padding: 0; border: 0 } .runs td:nth-child(2) { flex: 1 0 100%; order: 2 } .runs td:nth-child(n+4) { order: 3; color: var(--soft); font-size: .9rem }
  .runs td[data-label]::before { content: attr(data-label) ' ' } .log li { display: block; margin-bottom: .3rem } .facts { grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)) }
}
`;

/** A moon over a horizon. */
export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#1a2747"/><path d="M20.5 6.5a9 9 0 1 0 5 12.2A7.6 7.6 0 0 1 20.5 6.5z" fill="#f4d58d"/><path d="M5 27h22" stroke="#8db9ff" stroke-width="2" stroke-linecap="round"/></svg>
`;
