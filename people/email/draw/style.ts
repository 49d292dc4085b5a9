// How mails and decision pages look: one stylesheet, without anything to fetch. Readable on a phone, at night, and in mail
// programs that know little CSS: no variables, nothing nested.

export const style = `
body{margin:0;padding:16px;background:#f4f5f7;color:#1d2430;font:16px/1.5 -apple-system,"Segoe UI",Roboto,Helvetica,Arial,sans-serif;overflow-wrap:anywhere}
main{max-width:680px;margin:0 auto;padding:20px;background:#fff;border:1px solid #dfe3e8;border-radius:8px}
h1{margin:0 0 8px;font-size:22px;line-height:1.25}
h2{margin:28px 0 8px;font-size:18px}
h3{margin:20px 0 4px;font-size:14px;color:#5a6676}
p{margin:8px 0}
.title{margin:0 0 12px;padding:2px 0 2px 12px;border-left:4px solid #c3cad4;font-size:18px;font-weight:600}
.small{color:#5a6676;font-size:14px}
.notice{margin:12px 0;padding:10px 12px;border:1px solid #e3c77a;border-radius:6px;background:#fff8e1}
blockquote,pre{margin:4px 0;padding:8px 12px;border-left:4px solid #c3cad4;background:#f4f5f7;white-space:pre-wrap;overflow-wrap:anywhere}
pre{font:13px/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.plus{color:#116329}
.minus{color:#a40e26}
table{margin:12px 0;border-collapse:collapse;font-size:14px}
a{color:#1a5fb4}
th{padding:2px 12px 2px 0;text-align:left;font-weight:normal;color:#5a6676;vertical-align:top;white-space:nowrap}
td{padding:2px 0;vertical-align:top}
.button,button{display:inline-block;padding:11px 20px;border:1px solid #1a5fb4;border-radius:6px;background:#1a5fb4;color:#fff;font-family:inherit;font-size:16px;font-weight:600;line-height:1.25;text-decoration:none;cursor:pointer}
button.no{border-color:#a40e26;background:#fff;color:#a40e26}
form{margin:12px 0;padding:14px;border:1px solid #dfe3e8;border-radius:6px}
label{display:block;margin-bottom:6px;font-size:14px}
textarea,input{display:block;width:100%;box-sizing:border-box;margin:0 0 10px;padding:8px;border:1px solid #8b95a3;border-radius:6px;background:#fff;color:inherit;font:inherit}
@media (prefers-color-scheme:dark){
body{background:#14181e;color:#e3e7ed}
main{background:#1c222b;border-color:#343d4a}
h3,.small,th{color:#9aa6b5}
.title,blockquote,pre{border-left-color:#4a5666}
blockquote,pre{background:#14181e}
.notice{border-color:#7a6220;background:#332b12}
.plus{color:#6fdd8b}
.minus{color:#ff8b94}
form{border-color:#343d4a}
textarea,input{border-color:#5a6676;background:#14181e}
a{color:#8ab8ff}
.button,button{border-color:#3d7fd6;background:#2a66b8;color:#fff}
button.no{border-color:#ff8b94;background:#1c222b;color:#ff8b94}
}
`.trim();
