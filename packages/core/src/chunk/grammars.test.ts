import fc from "fast-check";
import { expect, test } from "vitest";

import type { ChunkedFile } from "../model/chunk.ts";
import { expectToCover } from "./chunk-cover.test-helper.ts";
import { chunkText } from "./chunk-text.ts";
import { grammars } from "./grammars.ts";
import { createSyntaxParser } from "./syntax-parser.ts";

/** One chunk a line: `first-last [scope > scope] symbol, symbol`. */
function outline({ chunks }: ChunkedFile): string[] {
  return chunks.map(({ startLine, endLine, scope, symbols }) =>
    `${startLine}-${endLine} [${scope.join(" > ")}] ${symbols.join(", ")}`.trimEnd(),
  );
}

const samples: Record<string, { file: string; code: string; outline: string[] }> = {
  bash: {
    file: "deploy.sh",
    code: `#!/bin/bash
set -eu

# Builds the images.
build() {
  docker build --tag "$1" .
  docker push "$1" --quiet --all-tags
}

function main {
  build registry.example/app:latest
}
main "$@"
`,
    outline: ["1-8 [] build", "10-13 [] main"],
  },
  c: {
    file: "list.c",
    code: `#include <stdlib.h>
#define MAX_ITEMS 16

typedef struct node { struct node *next; int value; } node_t;

/* Adds to the front. */
static node_t **push_front(node_t *head, int value) {
  node_t *fresh = malloc(sizeof *fresh);
  fresh->next = head;
  return fresh;
}

int length(const node_t *head);
`,
    outline: ["1-2 [] MAX_ITEMS", "4-4 [] node, node_t", "6-7 [] push_front", "8-11 [push_front]", "13-13 [] length"],
  },
  cpp: {
    file: "shape.hpp",
    code: `namespace geometry {

template <class T>
class Shape : public Base {
 public:
  Shape();
  virtual ~Shape() = default;
  const std::string& name() const { return name_; }
  double area(double scale) const;
};

}  // namespace geometry

double geometry::Shape::area(double scale) const {
  return scale * width() * height();
}
`,
    outline: [
      "1-1 []",
      "3-7 [geometry] Shape, ~Shape",
      "8-10 [geometry > Shape] name, area",
      "12-12 [geometry]",
      "14-16 [] geometry::Shape::area, area",
    ],
  },
  csharp: {
    file: "Store.cs",
    code: `namespace Shop.Data
{
    /// <summary>Keeps orders.</summary>
    [Serializable]
    public class Store : IStore
    {
        public int Count { get; private set; }

        public Store(string path)
        {
            this.path = path;
        }

        public async Task<Order> FindAsync(int id)
        {
            return await db.Orders.SingleAsync(o => o.Id == id);
        }
    }

    public record Order(int Id, string Name);
}
`,
    outline: [
      "1-2 []",
      "3-6 [Shop.Data] Store",
      "7-7 [Shop.Data > Store] Count",
      "9-12 [Shop.Data > Store] Store",
      "14-15 [Shop.Data > Store] FindAsync",
      "16-18 [Shop.Data > Store > FindAsync]",
      "20-21 [Shop.Data] Order",
    ],
  },
  css: {
    file: "site.css",
    code: `.button:hover, #save > .icon {
  color: rebeccapurple;
  transition: color 0.2s ease-in;
}

@media (min-width: 40em) {
  .sidebar {
    display: block;
  }
}

@keyframes spin { from { rotate: 0deg; } }
`,
    outline: ["1-4 [] button, save, icon", "6-10 [] sidebar", "12-12 [] spin"],
  },
  elixir: {
    file: "accounts.ex",
    code: `defmodule Shop.Accounts do
  @moduledoc "Users."

  @doc "Finds a user."
  @spec get_user(integer) :: User.t()
  def get_user(id) when is_integer(id), do: Repo.get(User, id)

  defp normalise(name) do
    name |> String.trim() |> String.downcase()
  end

  defmacro trace(expression), do: expression
end
`,
    outline: [
      "1-2 [] Shop.Accounts, Accounts",
      "4-6 [Shop.Accounts] get_user",
      "8-10 [Shop.Accounts] normalise",
      "12-13 [Shop.Accounts] trace",
    ],
  },
  go: {
    file: "server.go",
    code: `package server

import "net/http"

const DefaultPort = 8080

// Server serves.
type Server struct {
	mux *http.ServeMux
}

type Handler interface {
	Handle(path string) error
}

// Start listens until it fails.
func (s *Server) Start(port int) error {
	return http.ListenAndServe(fmt.Sprintf(":%d", port), s.mux)
}

func New() *Server { return &Server{} }
`,
    outline: [
      "1-5 [] DefaultPort",
      "7-10 [] Server",
      "12-14 [] Handler, Handle",
      "16-17 [] Start",
      "18-19 [Start]",
      "21-21 [] New",
    ],
  },
  haskell: {
    file: "Parser.hs",
    code: `module Parser (parse) where

import Data.Char (isDigit)

data Token = Number Int | Word String
  deriving (Show)

-- | Reads a token.
parse :: String -> Maybe Token
parse "" = Nothing
parse text = Just (Word (go text))
  where
    go = filter (not . isDigit)

class Pretty a where
  pretty :: a -> String

instance Pretty Token where
  pretty (Number n) = show n
`,
    outline: ["1-3 []", "5-6 [] Token", "8-10 [] parse", "11-13 [] parse", "15-16 [] Pretty, pretty", "18-19 []"],
  },
  java: {
    file: "Cache.java",
    code: `package org.example;

/** Keeps what was read. */
@ThreadSafe
public class Cache<K> extends Base {
    private final int size;

    public Cache(int size) {
        this.size = size;
    }

    @Override
    public Object get(K key) {
        return map.computeIfAbsent(key, this::load);
    }

    enum Mode { READ, WRITE }
}

interface Loader { Object load(Object key); }
`,
    outline: [
      "1-1 []",
      "3-5 [] Cache",
      "6-10 [Cache] Cache",
      "12-15 [Cache] get",
      "17-18 [Cache] Mode",
      "20-20 [] Loader, load",
    ],
  },
  javascript: {
    file: "router.mjs",
    code: `import { parse } from "./parse.mjs";

export const routes = [];

/** Adds a route. */
export function route(path, handler) {
  routes.push({ path: parse(path), handler });
}

export class Router {
  #routes = [];
  match(url) {
    return this.#routes.find((candidate) => candidate.matches(url));
  }
}

exports.listen = function (port) {};
const debounce = (run) => () => setTimeout(run, 50);
`,
    outline: ["1-3 [] routes", "5-8 [] route", "10-11 [] Router", "12-15 [Router] match", "17-18 [] listen, debounce"],
  },
  kotlin: {
    file: "Session.kt",
    code: `package app.session

const val TIMEOUT = 30

/** A signed-in user. */
data class Session(val user: String, val token: String)

object Sessions {
    private val open = mutableMapOf<String, Session>()

    fun find(token: String): Session? {
        return open.values.firstOrNull { it.token == token }
    }
}

fun Session.isExpired(): Boolean = age > TIMEOUT
typealias Token = String
`,
    outline: [
      "1-3 [] TIMEOUT",
      "5-6 [] Session",
      "8-9 [] Sessions",
      "11-14 [Sessions] find",
      "16-17 [] isExpired, Token",
    ],
  },
  lua: {
    file: "buffer.lua",
    code: `local M = {}

--- Opens a buffer.
function M.open(path)
  return vim.fn.bufadd(vim.fn.expand(path))
end

local function close(buffer)
  vim.api.nvim_buf_delete(buffer, { force = true })
end

M.close_all = function() end
return M
`,
    outline: ["1-6 [] M, M.open, open", "8-10 [] close", "12-13 [] M.close_all, close_all"],
  },
  php: {
    file: "Mailer.php",
    code: `<?php
namespace App\\Mail;

/** Sends mail. */
final class Mailer extends Service
{
    const RETRIES = 3;

    public function send(Message $message): bool
    {
        return $this->transport->deliver($message, self::RETRIES);
    }
}

interface Transport {}
function mailer(): Mailer { return app(Mailer::class); }
`,
    outline: [
      "1-2 []",
      "4-7 [] Mailer, RETRIES",
      "9-10 [Mailer] send",
      "11-13 [Mailer > send]",
      "15-16 [] Transport, mailer",
    ],
  },
  powershell: {
    file: "Deploy.ps1",
    code: `function Get-Release {
    param([string] $Name)
    Invoke-RestMethod "https://example.org/releases/$Name"
}

class Release {
    [string] Title() { return $this.Name + ' ' + $this.Version }
}

enum Channel { Stable; Preview }
`,
    outline: ["1-4 [] Get-Release", "6-8 [] Release, Title", "10-10 [] Channel"],
  },
  python: {
    file: "client.py",
    code: `"""A client."""
import asyncio

RETRIES = 3


@dataclass
class Client(Base):
    """Talks to the server."""

    async def fetch(self, path: str) -> bytes:
        """Reads one resource."""
        return await self.session.get(self.base + path)

    @property
    def base(self): return self._base


# Used by the tests.
def main(): asyncio.run(Client().fetch("/"))
`,
    outline: [
      "1-4 [] RETRIES",
      "7-9 [] Client",
      "11-12 [Client] fetch",
      "13-13 [Client > fetch]",
      "15-16 [Client] base",
      "19-20 [] main",
    ],
  },
  ruby: {
    file: "order.rb",
    code: `require "json"

module Shop
  class Order < Record
    STATES = %w[open paid].freeze
    attr_reader :lines

    # What the customer pays.
    def total
      lines.sum { |line| line.price * line.amount }
    end

    def self.open? = where(state: "open")
  end
end
`,
    outline: [
      "1-5 [] Shop, Order, STATES",
      "6-6 [Shop > Order]",
      "8-11 [Shop > Order] total",
      "13-15 [Shop > Order] open?",
    ],
  },
  rust: {
    file: "queue.rs",
    code: `use std::fmt;

const CAPACITY: usize = 16;

/// A bounded queue.
#[derive(Debug)]
pub struct Queue<T> {
    items: Vec<T>,
}

impl<T> Queue<T> {
    /// Adds to the end.
    pub fn push(&mut self, item: T) {
        self.items.push(item);
    }
}

impl<T> fmt::Display for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result { write!(f, "queue") }
}

pub trait Drain { fn drain(&mut self); }
macro_rules! queue { () => {} }
`,
    outline: ["1-3 [] CAPACITY", "5-9 [] Queue", "11-16 [] push", "18-20 [] fmt", "22-23 [] Drain, drain, queue"],
  },
  scala: {
    file: "Decoder.scala",
    code: `package codec

/** Reads values. */
trait Decoder[A] {
  def decode(text: String): Either[Error, A]

  final def map[B](f: A => B): Decoder[B] =
    text => decode(text).map(f)
}

object Decoder {
  type Result[A] = Either[Error, A]
  val text: Decoder[String] = value => Right(value)
}

case class Error(message: String)
`,
    outline: ["1-5 [] Decoder, decode", "7-9 [Decoder] map", "11-14 [] Decoder, Result, text", "16-16 [] Error"],
  },
  tsx: {
    file: "button.tsx",
    code: `import { useState } from "react";

export interface ButtonProps {
  readonly label: string;
}

/** Counts its clicks. */
export function Button({ label }: ButtonProps): JSX.Element {
  const [count, setCount] = useState(0);
  return (
    <button onClick={() => setCount(count + 1)}>
      {label}: {count}
    </button>
  );
}

export const Toolbar = () => <Button label="Save" />;
`,
    outline: ["1-5 [] ButtonProps", "7-8 [] Button", "9-9 [Button]", "10-15 [Button]", "17-17 [] Toolbar"],
  },
  typescript: {
    file: "service.ts",
    code: `import type { User } from "./user.ts";

export type UserId = string;
const cache = new Map<UserId, User>(), limit = 10;

/** Finds users. */
@Injectable()
export class UserService {
  readonly onChange = (id: UserId): void => this.emit(id);

  /** By id, from the cache if it is there. */
  async find(id: UserId): Promise<User | undefined> {
    return cache.get(id) ?? (await this.load(id));
  }
}

export interface Loader { load(id: UserId): Promise<User>; }
enum State { Open, Closed }
export default function () {}
`,
    outline: [
      "1-3 [] UserId",
      "4-4 [] cache, limit",
      "6-8 [] UserService",
      "9-9 [UserService] onChange",
      "11-12 [UserService] find",
      "13-15 [UserService > find]",
      "17-18 [] Loader, load, State",
      "19-19 []",
    ],
  },
  zig: {
    file: "arena.zig",
    code: `const std = @import("std");

/// Frees everything at once.
pub const Arena = struct {
    child: std.mem.Allocator,

    pub fn init(child: std.mem.Allocator) Arena {
        return .{ .child = child };
    }
};

pub fn sum(values: []const u32) u32 { return fold(values, add); }

test "sums" { try std.testing.expect(sum(&.{ 1, 2 }) == 3); }
`,
    outline: ["1-1 [] std", "3-5 [] Arena", "7-10 [Arena] init", "12-12 [] sum", "14-14 []"],
  },
};

test("every grammar has a sample", () => {
  expect(Object.keys(samples).toSorted()).toEqual(Object.keys(grammars).toSorted());
});

// One for all tests, as in a parser thread.
const parser = createSyntaxParser();

test.for(Object.entries(samples))(
  "%s is cut between its definitions, and their names are found",
  async ([language, sample]) => {
    const file = await chunkText(sample.file, sample.code, { chunkChars: 100, parseTimeoutMs: 10_000 }, parser);
    expect({ language: file.language, fallback: file.fallback }).toEqual({ language, fallback: undefined });
    expect(outline(file)).toEqual(sample.outline);
    expectToCover(sample.code, 100, file.chunks);
  },
);

test("code with pieces cut out, doubled or moved is still covered line by line", async () => {
  const all = Object.values(samples);
  const mutation = fc.record({ from: fc.nat(1_000), length: fc.nat(80), to: fc.nat(1_000) });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...all),
      fc.array(mutation, { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 10, max: 400 }),
      async ({ file, code }, mutations, chunkChars) => {
        let text = code;
        for (const { from, length, to } of mutations) {
          const start = from % (text.length + 1);
          const piece = text.slice(start, start + length);
          const rest = from % 2 === 0 ? text : text.slice(0, start) + text.slice(start + length);
          const at = to % (rest.length + 1);
          text = to % 3 === 0 ? rest : rest.slice(0, at) + piece + rest.slice(at);
        }
        const { chunks } = await chunkText(file, text, { chunkChars, parseTimeoutMs: 10_000 }, parser);
        expectToCover(text, chunkChars, chunks);
      },
    ),
    { numRuns: 400 },
  );
  expect(parser.isSpent).toBe(false);
});
