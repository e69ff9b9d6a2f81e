"use strict";
// An identity provider that this project did not write: `samlp` from npm, its form and its metadata included.
// Argument: a folder of npm packages. Standard input: one line of JSON with issuer, key, cert, and apps by path;
// then it lives until standard input ends. Prints one line of JSON: its port and its metadata.
// Who is signed in to it, the cookie `idp-person` says. POST /respond gives a response of any kind.
const { createServer } = require("node:http");
const { createRequire } = require("node:module");
const { join } = require("node:path");
const { createInterface } = require("node:readline");
const samlp = createRequire(join(process.argv[2], "x.cjs"))("samlp");

// What samlp expects of Express.
function expressLike(response, finished) {
  const headers = {};
  response.set = (name, value) => { headers[name] = value; };
  response.send = (body) => finished(typeof body === "number" ? body : 200, headers, String(body));
  return response;
}

function mapper(user) {
  return {
    getClaims: () => user.attributes,
    getNameIdentifier: () => ({ nameIdentifier: user.name, nameIdentifierFormat: "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent" }),
  };
}

function signOn(provider, app, request, response, finished) {
  const person = /(?:^|; )idp-person=([^;]*)/.exec(request.headers.cookie || "");
  const user = person && app.people[decodeURIComponent(person[1])];
  if (!user) return finished(200, {}, '<!doctype html><html lang="en"><title>Sign In</title><p id="login">Sign In</p></html>');
  const options = {
    ...provider, recipient: app.recipient, destination: app.recipient, audience: app.audience, lifetimeInSeconds: 300,
    profileMapper: mapper, getUserFromRequest: () => user, getPostURL: (_audience, _dom, _request, answer) => answer(null, app.postUrl),
  };
  if (!request.query.RelayState) options.RelayState = app.relayState;
  samlp.auth(options)(request, expressLike(response, finished), (error) => finished(500, {}, String(error)));
}

function metadata(provider, start) {
  const request = { headers: { host: "idp.example", "x-forwarded-proto": "https" }, originalUrl: start };
  let document;
  samlp.metadata({ ...provider, redirectEndpointPath: start, postEndpointPath: start })(request, expressLike({}, (_status, _headers, body) => { document = body; }));
  return document;
}

createInterface({ input: process.stdin }).on("line", (line) => {
  const { apps, start, ...provider } = JSON.parse(line);
  const server = createServer((request, response) => {
    const finished = (status, headers, body) => response.writeHead(status, { "content-type": "text/html", ...headers }).end(body);
    const url = new URL(request.url, "http://idp");
    request.query = Object.fromEntries(url.searchParams);
    if (request.method === "POST") {
      let body = "";
      request.on("data", (part) => { body += part; }).on("end", () => {
        const { user, set, ...more } = JSON.parse(body);
        if (set) { Object.assign(apps, set); return finished(200, {}, ""); }
        const options = { ...provider, destination: more.recipient, profileMapper: mapper, signatureAlgorithm: "rsa-sha256", digestAlgorithm: "sha256", ...more };
        return samlp.getSamlResponse(options, user, (error, document) => finished(error ? 500 : 200, {}, error ? String(error) : Buffer.from(document).toString("base64")));
      });
    } else if (apps[url.pathname]) signOn(provider, apps[url.pathname], request, response, finished);
    else finished(404, {}, "no such app");
  });
  server.listen(0, "127.0.0.1", () => process.stdout.write(JSON.stringify({ port: server.address().port, metadata: metadata(provider, start) }) + "\n"));
}).on("close", () => process.exit(0));
