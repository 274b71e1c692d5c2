#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# Copyright (c) 2026 The Wengert authors
"""Turns Wengert's plain comments into Doxygen's, line for line, so that a warning's line is the header's.

    filter.py FILE             the file as Doxygen should read it, on stdout: a header, formulas.def or README.md
    filter.py --check FILE...  names every function of the headers that has no comment, and every name of ours in a comment that
                               is declared nowhere, and fails if there is one

The rules of a header's comments, and what becomes of them:

    /* name.h - words ... */      at the head of the file: the module of the header
    /* ---- Words ---- */         a section; a comment between it and a blank line introduces it
    /* words */                   above declarations: documents all of them down to the next blank line
    declaration; /* words */      documents that declaration, field or value
    a field without words         is documented if the comment above its struct names it
    an options struct             needs none: it belongs to the functions that take it
    names that end in '_', and macros that are undefined again, are nobody's business
"""
import os
import re
import sys

# The site's chapters, and their headers; every header is in one.
GROUPS = {
    'Begin': 'wengert status array alloc option tuning',
    'Tapes and derivatives': 'tape scalar gradcheck check op random',
    'Operations': 'math reduce shaping linalg conv norm recurrent loss map',
    'Models and training': 'init params layers optim schedule fit plan checkpoint',
    'Data and files': 'data synthetic load archive',
    'Seeing': 'view plot picture',
}

SECTION = re.compile(r'/\* ---- (.*?) -+ \*/$')


LINKS = set()


def links_of(path):
    """What a word of the prose may lead to: the functions and statuses of all headers beside this one."""
    folder = os.path.dirname(path)
    for name in os.listdir(folder):
        if name.endswith('.h'):
            with open(os.path.join(folder, name), encoding='utf-8') as file:
                text = file.read()
            LINKS.update(re.findall(r'^WG_(?:API|FAST) [^;(]*?\b(wg_\w*[a-z0-9])\(', text, re.M))
            LINKS.update('WG_' + status for status in re.findall(r'^    X\((\w+), "', text, re.M))


def group_of(stem):
    """The name of the chapter that a header is in, for @ingroup; None when there is none."""
    for title, stems in GROUPS.items():
        if stem in stems.split():
            return 'group_' + title.split()[0].lower()
    return None


def escape(text):
    """Prose in which nothing is a command, a tag, an emphasis or the end of a brief. Words in backticks stay code."""
    parts = re.split(r'(`[^`\n]*`)', text)
    for i in range(0, len(parts), 2):
        parts[i] = re.sub(r'([\\@<>&#*%"])', r'\\\1', parts[i]).replace('...', '..').replace('..', '&hellip;')
        parts[i] = re.sub(r'\b(?:wg_\w+|WG_[A-Z_]+)\b(?!\()', lambda m: '#' * (m.group() in LINKS) + m.group(), parts[i])
    return ''.join(parts)


def blocks(lines, first=1):
    """Escapes prose; blocks that are indented by four or more from line `first` on stay as they are."""
    out, i = [], 0
    while i < len(lines):
        if i < first or not lines[i].startswith('    '):
            out.append(escape(lines[i]))
            i += 1
            continue
        end = i
        while end < len(lines) and (not lines[end].strip() or lines[end].startswith('    ')):
            end += 1
        while not lines[end - 1].strip():
            end -= 1
        kind = ('@code{.c}', '@endcode') if re.search(r'wg_\w+\(.*\);', '\n'.join(lines[i:end])) else \
            ('@verbatim', '@endverbatim')
        out[-1] += ' ' + kind[0]
        out += lines[i:end]
        out[-1] += ' ' + kind[1]
        i = end
    return out


def text_of(comment):
    """The lines of a comment that stands by itself, without its frame."""
    lines = [re.sub(r'^\s*\* ?', '', line) for line in comment]
    lines[0] = re.sub(r'^\s*/\* ?', '', comment[0])
    lines[-1] = re.sub(r'\s*\*/\s*$|^/$', '', lines[-1])
    return lines


def line_of(comment):
    """A comment behind a declaration, as one line."""
    return ' '.join(word for line in text_of(comment) for word in line.split())


def name_of(statement):
    """What a declaration declares, or None."""
    for pattern in (r'#\s*define (\w+)', r'\(\*(\w+)\)\(', r'^typedef .*?\b(\w+)\(', r'\b(wg_\w+)\(', r'(\w+)(?:\[.*\])?\s*[;,]'):
        found = re.search(pattern, statement)
        if found:
            return found.group(1)
    return None


class Header:
    def __init__(self, path):
        self.file = os.path.basename(path)
        self.path = path
        with open(path, encoding='utf-8') as file:
            self.lines = file.read().split('\n')
        self.undone = set(re.findall(r'#undef (\w+)', '\n'.join(self.lines)))
        self.out = []
        self.scopes = []         # of the open braces: the name of a struct or enum, or None where nothing is looked at
        self.doc = None          # the comment above: None, or the name of the first declaration it stands over, '' as yet
        self.in_statement = False
        self.section = self.heading = self.head = False
        self.undocumented = []
        self.above = ''          # the comment that was seen last, and that of the struct which is open
        self.of_struct = ''

    def end_of_comment(self, i):
        while '*/' not in self.lines[i]:
            i += 1
        return i

    def blank_after(self, i):
        return i + 1 >= len(self.lines) or not self.lines[i + 1].strip()

    def put(self, opening, lines, closing=''):
        """A comment of as many lines as it had."""
        self.out.append(opening + lines[0])
        self.out += lines[1:]
        self.out[-1] += closing + ' */'

    def comment(self, i):
        """A comment that begins line i; returns the line after it."""
        j = self.end_of_comment(i)
        raw = self.lines[i:j + 1]
        lines = text_of(raw)
        section = SECTION.match(raw[0])
        if 'SPDX-License-Identifier' in raw[0]:
            stem = self.file.replace('.', '_')
            self.put('/** @defgroup ' + stem + ' ' + self.file, [''] * len(raw))
            self.out[-1] = '@ingroup %s' % group_of(self.file[:-2])
        elif not self.head:
            self.head = True
            lines[0] = re.sub(r'^\S+ - (.)', lambda m: m.group(1).upper(), lines[0])
            self.out[-1] = ''
            lines = blocks(lines)
            self.put('@brief ', lines, ' @{')
        elif section:
            self.close()
            self.out.append('/** @} */ ' * self.section + '/** @name ' + section.group(1) + ' */ /** @{ */')
            self.section = True
            k = j + 1
            while not self.lines[k].strip():
                k += 1
            if self.lines[k].startswith('/*') and self.blank_after(self.end_of_comment(k)):
                self.out[-1] = self.out[-1][:-len(' */ /** @{ */')]
                self.out += [''] * (k - j - 1)
                j = self.end_of_comment(k)
                self.put('', blocks(text_of(self.lines[k:j + 1])), ' @{')
        elif self.blank_after(j) and not self.scopes:
            self.out += [''] * len(raw)
        elif self.scopes and re.search(r'/\*', self.lines[j + 1]):
            self.close()
            self.out.append('/** @name ' + ' '.join(blocks(lines, len(lines))) + ' */ /** @{ */')
            self.out += [''] * (len(raw) - 1)
            self.heading = True
        else:
            self.put('/** ', blocks(lines))
            self.doc = ''
            self.above = ' '.join(lines)
        return j + 1

    def close(self):
        """A blank line, or what counts as one: the comment above holds no longer."""
        if self.heading:
            self.out.append('/** @} */')
        self.heading = False
        self.doc = None

    def code(self, i):
        """A line with code, and the comment behind it; returns the line after it."""
        line, j = self.lines[i], i
        words = None
        found = re.search(r'\s*/\*', line)
        if found:
            j = self.end_of_comment(i)
            words = line_of([line[found.end() - 2:]] + self.lines[i + 1:j + 1])
            line = line[:found.start()]
        while line.endswith('\\') and not found:
            j += 1
            line += '\n' + self.lines[j]
        opaque = None in self.scopes
        directive = line.startswith('#')
        starts = not self.in_statement and not opaque and line.strip() not in ('WG_BEGIN_DECLS', 'WG_END_DECLS', '}')
        starts = starts and not line.lstrip().startswith('}') and not (directive and not line.startswith('#define'))
        if directive and not line.startswith('#define'):
            self.out += [''] if '.def>' in line else line.split('\n')
            return j + 1

        k, statement = i, re.sub(r'/\*.*', '', self.lines[i])
        while starts and not directive and not re.search(r'[;{,]\s*$', statement) and k + 1 < len(self.lines):
            k += 1
            statement += ' ' + re.sub(r'/\*.*', '', self.lines[k]).strip()
        hidden = starts and (name_of(line if directive else statement) or '').endswith('_')
        if directive:
            hidden = hidden or name_of(line) in self.undone or name_of(line) == 'WENGERT_' + self.file[:-2].upper() + '_H'
        prefix = ''
        if starts and not hidden:
            name = name_of(line if directive else statement)
            if self.doc == name and not self.scopes:
                pass                                # declared in another way where a condition holds
            elif self.doc:
                prefix = '' if words else '/** @copydoc ' + self.doc + ' */ '
                if words and self.scopes == []:
                    prefix = '/** @copydoc ' + self.doc + ' */ '
            elif self.doc == '' and name:
                self.doc = name if not self.scopes else self.scopes[-1] + '::' + name
            elif self.doc is None and not words and re.search(r'\b(WG_API|WG_FAST)\b', statement) and not directive:
                self.undocumented.append((i + 1, name))

        if hidden and directive:
            self.out += [''] * (j + 1 - i)
            return j + 1
        if hidden:
            self.doc = None
            self.out.append('')
            while '{' not in self.lines[i] and ';' not in self.lines[i]:
                i += 1
                self.out.append('')
            if '{' in self.lines[i]:
                while self.lines[i] != '}':
                    i += 1
                    self.out.append('')
            return i + 1

        if starts and self.scopes and self.scopes[-1]:
            line, words = self.field(line, words)
        elif starts and re.match(r'typedef struct \w+ \{', line):
            self.of_struct = self.above if self.doc is not None else ''
            if self.doc is None:
                prefix = self.options(statement)
        if 'WG_STATUS_LIST(WG_STATUS_ENUM)' in line:
            rows = re.findall(r'X\((\w+), "([^"]*)"\)', '\n'.join(self.lines))
            line = ' '.join('WG_%s, /**< %s */' % (name, escape(words[0].upper() + words[1:])) for name, words in rows)
        if not directive:
            self.follow(line, statement if starts else line)
        text = prefix + line + (' /**< ' + escape(words) + ' */' if words else '')
        self.out += text.split('\n') + [''] * (j - i - line.count('\n'))
        return j + 1

    def options(self, statement):
        """Words for an options struct: whose options they are."""
        takes = r'\b(wg_\w+)\([^;{]*?\bconst %s \*' % statement.split()[2]
        functions = re.findall(takes, '\n'.join(self.lines))
        return '/** Options of %s; NULL and `{0}` are the defaults. */ ' % ', '.join(functions) if functions else ''

    def field(self, line, words):
        """One declaration for each name of `double a, b;`, with the same words."""
        found = re.match(r'(\s*(?:const |unsigned )*\w+ )([^;()]*,[^;()]*);$', line)
        names = found.group(2).split(',') if found else []
        if not words and self.doc is None:
            stems = [re.sub(r'\[.*|\W', '', name) for name in names or [name_of(line) or 'nameless']]
            if all(re.search(r'\b%s\b' % stem, self.of_struct, re.I) for stem in stems):
                words = 'see above'
        if not names:
            return line, words
        between = ' /**< ' + escape(words) + ' */' if words else ' /** @copydoc ' + self.doc + ' */' if self.doc else ''
        return (between + ' ' if words else between).join(found.group(1) + name.strip() + ';' for name in names), words

    def follow(self, line, statement):
        """Keeps count of braces and statements."""
        bare = re.sub(r'"(\\.|[^"])*"', '', line)
        for brace in re.findall(r'[{}]', bare):
            if brace == '}':
                if self.heading:
                    self.out.append('/** @} */')
                    self.heading = False
                if self.scopes:
                    self.scopes.pop()
            else:
                found = re.search(r'\b(?:struct|enum|union)\s*(\w*)\s*\{', statement)
                self.scopes.append(found.group(1) if found else None)
                self.doc = None
        done = bare.rstrip()
        self.in_statement = bool(done) and done[-1] not in '{};,' and 'DECLS' not in done \
            or done.endswith(',') and not (self.scopes and self.scopes[-1] is not None) and None not in self.scopes

    def convert(self):
        i = 0
        while i < len(self.lines):
            line = self.lines[i]
            if not line.strip():
                self.close()
                self.out.append('')
                i += 1
            elif line.lstrip().startswith('/*'):
                i = self.comment(i)
            else:
                i = self.code(i)
        self.out += ['/** @} */' * (1 + self.section)]
        return '\n'.join(self.out) + '\n'


def arguments_of(text, start):
    """The arguments of a macro whose first one begins at `start`."""
    depth, out = 0, ['']
    for letter in text[start:]:
        depth += (letter == '(') - (letter == ')')
        if depth < 0:
            break
        if letter == ',' and depth == 0:
            out.append('')
        else:
            out[-1] += letter
    return [' '.join(argument.split()) for argument in out]


def macros_of(paths):
    """The macros with which C turns a rule into text, and those of the rules: name to parameters and body."""
    macros = {}
    for path in paths:
        with open(path, encoding='utf-8') as file:
            text = re.sub(r'/\*.*?\*/', '', file.read(), flags=re.S)
        for name, parameters, body in re.findall(r'^#define (\w+)(?:\(([^)]*)\))?[ \t]+(.+)$', text, re.M):
            macros.setdefault(name, ([p.strip() for p in parameters.split(',') if p.strip()], body))
    return macros


def read(rule, macros, given=None):
    """A rule in the algebra of formulas.def as text, as the preprocessor makes it: literals joined, calls expanded."""
    out, i, given = '', 0, given or {}
    token = re.compile(r'\s*(?:"([^"]*)"|#(\w+)|(\w+))')
    while i < len(rule.rstrip()):
        found = token.match(rule, i)
        literal, raw, name = found.groups()
        i = found.end()
        arguments = []
        if name and rule[i:i + 1] == '(':
            arguments = arguments_of(rule, i + 1)
            i = closing(rule, i) + 1
        if literal is not None:
            out += literal
        elif raw or name in given:
            out += given[raw or name][0 if raw else 1]
        elif name in macros:
            parameters, body = macros[name]
            out += read(body, macros, dict(zip(parameters, [(a, read_argument(a, macros, given)) for a in arguments])))
        else:
            raise ValueError('%s: no macro' % name)
    return out


def read_argument(argument, macros, given):
    """A plain number, which only NUM takes, stays as it is."""
    return argument if re.fullmatch(r'-?[\d.]+', argument) else read(argument, macros, given)


def closing(text, start):
    """Where the parenthesis that opens at `start` closes."""
    depth = 0
    for i in range(start, len(text)):
        depth += (text[i] == '(') - (text[i] == ')')
        if depth == 0:
            return i
    raise ValueError('a parenthesis that is not closed: ' + text)


def number_text(value):
    """A value, which is C, without the macro around numbers and with constants in words."""
    value = value.replace('fabs', 'abs')
    while 'NUM(' in value:
        start = value.index('NUM(')
        end = closing(value, start + 3)
        value = value[:start] + value[start + 4:end] + value[end + 1:]
    for name, words in (('TWO_SQRT_2_OVER_PI', '2 sqrt(2/pi)'), ('SQRT_HALF', 'sqrt(1/2)'), ('GELU_CUBE', '0.044715')):
        value = value.replace(name, words)
    return value


def formulas(path):
    """The rows of formulas.def and of the file it includes, as a page with a table; and the chapters."""
    macros = macros_of([os.path.join(os.path.dirname(path), '../../src/ops/formula_text.c'), path])
    operands = {'UNARY': 'x', 'UNARY1': 'x, c', 'UNARY2': 'x, c, d', 'BINARY': 'a, b', 'STEP': 'x', 'STEP2': 'a, b'}
    rows = []
    for name in (os.path.join(os.path.dirname(path), 'arithmetic.def'), path):
        with open(name, encoding='utf-8') as file:
            text = re.sub(r'/\*.*?\*/', '', file.read(), flags=re.S)
        for row in re.finditer(r'^WG_(\w+)\(', text, re.M):
            name, value, *rest = arguments_of(text, row.end())
            rules = {'S': [], 'U': rest[:1], 'B': rest[:2]}[row.group(1)[0]]
            cells = ['#wg_' + name, operands[row.group(1)], '<code>%s</code>' % escape(number_text(value)),
                '<br>'.join('<code>%s</code>' % escape(read(rule, macros)) for rule in rules) or 'none']
            rows.append('<tr>' + ''.join('<td>%s</td>' % cell for cell in cells) + '</tr>')
    chapters = '\n'.join('/** @defgroup %s %s */' % (group_of(stems.split()[0]), title) for title, stems in GROUPS.items())
    return chapters + """
/** @page formulas Formulas
The operations of math.h that are a formula: each is one row of formulas.def, from which its kernels, its derivatives of
any order and its tests are made. Those of two operands take a plain number on either side, too. A rule says what an
operand's gradient is, for g = dL/dy; it is written in operations, so that it can be differentiated again.

<table><tr><th>operation</th><th>operands</th><th>value y</th><th>rule for each var</th></tr>
%s
</table> */
""" % '\n'.join(rows)


def readme(path):
    """README.md as the main page: links into the tree, of which only the headers are in the site, become words or modules."""
    with open(path, encoding='utf-8') as file:
        text = file.read()
    text = re.sub(r'\A(# .*\n)', r'\1\n<a href="modules.html">Headers, by chapters</a> - @ref formulas - '
        r'<a href="annotated.html">Structs</a>\n', text)
    text = re.sub(r'(<img src=")[^"]*/', r'\1', text)
    text = re.sub(r"(?<!`)`([^`\n]*'[^`\n]*)`(?!`)", r'``\1``', text)  # Doxygen ends a word in backticks at a quote
    text = re.sub(r'!\[([^]]*)\]\([^)]*/([^)/]+)\)', r'![\1](\2)', text)
    text = re.sub(r'\[`(\w+)\.h`\]\(include/wengert/\w+\.h\)', r'[\1.h](@ref \1_h)', text)
    return re.sub(r'(?<!!)\[([^]]*)\]\((?!@ref|http)[^)]*\)', r'\1', text)


def strangers(paths):
    """Names of ours that a comment speaks of and no code declares."""
    declared, spoken = set(), []
    for path in paths:
        with open(path, encoding='utf-8') as file:
            text = file.read()
        code = re.sub(r'/\*.*?\*/', '', text, flags=re.S)
        declared.update(re.findall(r'\b(?:wg|WG)_\w+', code))
        declared.update('WG_' + status for status in re.findall(r'X\((\w+),', code))
        for comment in re.findall(r'/\*.*?\*/', text, re.S):
            spoken += [(path, name) for name in re.findall(r'\b(?:wg|WG)_\w+\b(?!\.\.)', comment)]
    return [(path, name) for path, name in spoken if name not in declared]


def main(arguments):
    if arguments[:1] == ['--check']:
        missing, functions = 0, 0
        for path in arguments[1:]:
            header = Header(path)
            header.convert()
            functions += len(re.findall(r'^WG_API |^WG_FAST ', '\n'.join(header.lines), re.M))
            if path.endswith('.h') and not group_of(os.path.basename(path)[:-2]):
                print('%s: in no chapter of docs/filter.py' % path)
                missing += 1
            for line, name in header.undocumented:
                print('%s:%d: %s has no comment' % (path, line, name))
                missing += 1
        for path, name in strangers(arguments[1:]):
            print('%s: %s is declared nowhere' % (path, name))
            missing += 1
        print('documented: %d passed, %d failed' % (functions - missing, missing))
        return 1 if missing or not functions else 0
    path = arguments[0]
    if path.endswith('.h'):
        links_of(path)
    convert = {'.h': lambda p: Header(p).convert(), '.def': formulas, '.md': readme}[os.path.splitext(path)[1]]
    sys.stdout.write(convert(path))
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
