/*
 * The files of `paii new`. Texts of more than one template stand once; @NAME@ is the plugin's name.
 * One line here is one line of the file.
 */
/* clang-format off */
#include "cli/templates.h"

#include <stddef.h>

static const char python_plugin_toml[] =
    "[plugin]\n"
    "name = \"@NAME@\"\n"
    "version = \"0.1.0\"\n"
    "description = \"Greets people\"\n"
    "language = \"python\"\n"
    "\n"
    "[paii]\n"
    "core_version = \">=0.1.0\"\n"
    "\n"
    "[config]\n"
    "greeting = { type = \"string\", default = \"Hello\", description = \"the word before the name\" }\n"
    "\n"
    "[run]\n"
    "command = [\"src/main.py\"]\n"
    "\n"
    "[actions.hello]\n"
    "summary = \"Greet someone\"\n"
    "effect = \"read\"\n"
    "\n"
    "[actions.hello.params]\n"
    "name = { type = \"string\", default = \"world\", description = \"whom to greet\" }\n"
    "\n"
    "[build]\n"
    "type = \"pip\"\n";

static const char python_main_py[] =
    "#!/usr/bin/env python3\n"
    "\"\"\"@NAME@: one process, one JSON document in, one out.\"\"\"\n"
    "\n"
    "import json\n"
    "import os\n"
    "import sys\n"
    "\n"
    "\n"
    "class Failure(Exception):\n"
    "    \"\"\"An answer with ok=false; `code` is one that the protocol knows.\"\"\"\n"
    "\n"
    "    def __init__(self, code, message):\n"
    "        super().__init__(message)\n"
    "        self.code = code\n"
    "\n"
    "\n"
    "def hello(params, config):\n"
    "    name = params.get(\"name\", \"world\")\n"
    "    if not isinstance(name, str):\n"
    "        raise Failure(\"invalid_params\", \"name must be a string\")\n"
    "    text = f\"{config.get('greeting', 'Hello')}, {name}!\"\n"
    "    return {\"greeting\": text}, text\n"
    "\n"
    "\n"
    "ACTIONS = {\"hello\": hello}\n"
    "\n"
    "\n"
    "def read_config():\n"
    "    path = os.environ.get(\"PAII_CONFIG\")\n"
    "    if not path:\n"
    "        return {}\n"
    "    with open(path, encoding=\"utf-8\") as file:\n"
    "        return json.load(file)\n"
    "\n"
    "\n"
    "def answer(request):\n"
    "    action = ACTIONS.get(request.get(\"action\"))\n"
    "    if action is None:\n"
    "        raise Failure(\"unsupported\", f\"there is no action {request.get('action')!r}\")\n"
    "    return action(request.get(\"params\") or {}, read_config())\n"
    "\n"
    "\n"
    "def main():\n"
    "    if \"PAII_PROTOCOL\" not in os.environ:\n"
    "        print(\"run me with: paii run @NAME@ hello\", file=sys.stderr)\n"
    "        return 1\n"
    "    request = json.load(sys.stdin)\n"
    "    response = {\"paii\": 1, \"id\": request.get(\"id\")}\n"
    "    try:\n"
    "        result, text = answer(request)\n"
    "        response.update(ok=True, result=result, text=text)\n"
    "    except Failure as failure:\n"
    "        response.update(ok=False, error={\"code\": failure.code, \"message\": str(failure)})\n"
    "    json.dump(response, sys.stdout)\n"
    "    print()\n"
    "    return 0 if response[\"ok\"] else 1\n"
    "\n"
    "\n"
    "if __name__ == \"__main__\":\n"
    "    sys.exit(main())\n";

static const char action_skill_md[] =
    "---\n"
    "name: @NAME@\n"
    "description: Greets people. Use it when the user wants someone greeted.\n"
    "---\n"
    "\n"
    "# @NAME@\n"
    "\n"
    "Run this and show the user what it prints:\n"
    "\n"
    "    paii run @NAME@ hello --name NAME\n";

static const char python_gitignore[] =
    "__pycache__/\n";

static const char rust_plugin_toml[] =
    "# There is no [actions] table, so 'paii run @NAME@ WORDS' gives the program the words as arguments.\n"
    "# With one, paii checks parameters and speaks JSON with the program.\n"
    "\n"
    "[plugin]\n"
    "name = \"@NAME@\"\n"
    "version = \"0.1.0\"\n"
    "description = \"Greets people\"\n"
    "language = \"rust\"\n"
    "\n"
    "[paii]\n"
    "core_version = \">=0.1.0\"\n"
    "\n"
    "[build]\n"
    "type = \"cargo\"\n";

static const char rust_cargo_toml[] =
    "[package]\n"
    "name = \"@NAME@\"\n"
    "version = \"0.1.0\"\n"
    "edition = \"2021\"\n"
    "publish = false\n"
    "\n"
    "[profile.release]\n"
    "strip = true\n";

static const char rust_cargo_lock[] =
    "version = 3\n"
    "\n"
    "[[package]]\n"
    "name = \"@NAME@\"\n"
    "version = \"0.1.0\"\n";

static const char rust_main_rs[] =
    "//! @NAME@: run as `@NAME@ ACTION [--NAME VALUE]...`\n"
    "\n"
    "use std::process::ExitCode;\n"
    "\n"
    "fn hello(mut args: impl Iterator<Item = String>) -> Result<String, String> {\n"
    "    let mut name = String::from(\"world\");\n"
    "    while let Some(arg) = args.next() {\n"
    "        match arg.as_str() {\n"
    "            \"--name\" => name = args.next().ok_or(\"--name needs a value\")?,\n"
    "            other => match other.strip_prefix(\"--name=\") {\n"
    "                Some(value) => name = value.to_string(),\n"
    "                None => return Err(format!(\"unknown argument '{other}'\")),\n"
    "            },\n"
    "        }\n"
    "    }\n"
    "    Ok(format!(\"Hello, {name}!\"))\n"
    "}\n"
    "\n"
    "fn main() -> ExitCode {\n"
    "    let mut args = std::env::args().skip(1);\n"
    "    let answer = match args.next().as_deref() {\n"
    "        Some(\"hello\") => hello(args),\n"
    "        Some(other) => Err(format!(\"there is no action '{other}'\")),\n"
    "        None => Err(String::from(\"run me with: paii run @NAME@ hello\")),\n"
    "    };\n"
    "    match answer {\n"
    "        Ok(text) => {\n"
    "            println!(\"{text}\");\n"
    "            ExitCode::SUCCESS\n"
    "        }\n"
    "        Err(message) => {\n"
    "            eprintln!(\"@NAME@: {message}\");\n"
    "            ExitCode::FAILURE\n"
    "        }\n"
    "    }\n"
    "}\n";

static const char rust_gitignore[] =
    "/target/\n";

static const char c_plugin_toml[] =
    "# There is no [actions] table, so 'paii run @NAME@ WORDS' gives the program the words as arguments.\n"
    "# With one, paii checks parameters and speaks JSON with the program.\n"
    "\n"
    "[plugin]\n"
    "name = \"@NAME@\"\n"
    "version = \"0.1.0\"\n"
    "description = \"Greets people\"\n"
    "language = \"c\"\n"
    "\n"
    "[paii]\n"
    "core_version = \">=0.1.0\"\n"
    "\n"
    "[build]\n"
    "type = \"make\"\n";

static const char c_makefile[] =
    "CC ?= cc\n"
    "CFLAGS ?= -O2 -Wall -Wextra\n"
    "PREFIX ?= /usr/local\n"
    "\n"
    "all: build/@NAME@\n"
    "\n"
    "build/@NAME@: src/main.c\n"
    "\tmkdir -p build\n"
    "\t$(CC) -std=c11 $(CPPFLAGS) $(CFLAGS) -o $@ src/main.c $(LDFLAGS)\n"
    "\n"
    "install: all\n"
    "\tinstall -d \"$(DESTDIR)$(PREFIX)/bin\"\n"
    "\tinstall -m 0755 build/@NAME@ \"$(DESTDIR)$(PREFIX)/bin/@NAME@\"\n"
    "\n"
    "clean:\n"
    "\trm -rf build\n"
    "\n"
    ".PHONY: all install clean\n";

static const char c_main_c[] =
    "/* @NAME@: run as `@NAME@ ACTION [--NAME VALUE]...` */\n"
    "#include <stdio.h>\n"
    "#include <string.h>\n"
    "\n"
    "static int fail(const char *message, const char *subject)\n"
    "{\n"
    "    fprintf(stderr, \"@NAME@: %s%s\\n\", message, subject);\n"
    "    return 1;\n"
    "}\n"
    "\n"
    "static int hello(char **args)\n"
    "{\n"
    "    const char *name = \"world\";\n"
    "\n"
    "    for (; *args; args++) {\n"
    "        if (strcmp(*args, \"--name\") == 0 && args[1])\n"
    "            name = *++args;\n"
    "        else if (strncmp(*args, \"--name=\", 7) == 0)\n"
    "            name = *args + 7;\n"
    "        else\n"
    "            return fail(\"unknown or incomplete argument: \", *args);\n"
    "    }\n"
    "    printf(\"Hello, %s!\\n\", name);\n"
    "    return 0;\n"
    "}\n"
    "\n"
    "int main(int argc, char **argv)\n"
    "{\n"
    "    if (argc < 2)\n"
    "        return fail(\"run me with: paii run @NAME@ hello\", \"\");\n"
    "    if (strcmp(argv[1], \"hello\") == 0)\n"
    "        return hello(argv + 2);\n"
    "    return fail(\"there is no action: \", argv[1]);\n"
    "}\n";

static const char c_gitignore[] =
    "/build/\n";

static const char skill_plugin_toml[] =
    "[plugin]\n"
    "name = \"@NAME@\"\n"
    "version = \"0.1.0\"\n"
    "description = \"What @NAME@ is for\"\n"
    "\n"
    "[paii]\n"
    "core_version = \">=0.1.0\"\n"
    "\n"
    "[provides]\n"
    "skill = \"@NAME@\"\n"
    "\n"
    "[build]\n"
    "type = \"skill\"\n";

static const char skill_skill_md[] =
    "---\n"
    "name: @NAME@\n"
    "description: Say here what the skill is for and when to use it; this line decides whether it is.\n"
    "---\n"
    "\n"
    "# @NAME@\n"
    "\n"
    "Write here what to do, step by step. Details that are not always needed go into files of their own\n"
    "beside this one, such as `reference.md`, and are named here.\n";

const struct plugin_template plugin_templates[] = {
    {.type = "python", .files = (const struct template_file[]){
        {"plugin.toml", python_plugin_toml, false},
        {"src/main.py", python_main_py, true},
        {"SKILL.md", action_skill_md, false},
        {".gitignore", python_gitignore, false},
        {0},
    }},
    {.type = "rust", .files = (const struct template_file[]){
        {"plugin.toml", rust_plugin_toml, false},
        {"Cargo.toml", rust_cargo_toml, false},
        {"Cargo.lock", rust_cargo_lock, false},
        {"src/main.rs", rust_main_rs, false},
        {"SKILL.md", action_skill_md, false},
        {".gitignore", rust_gitignore, false},
        {0},
    }},
    {.type = "c", .files = (const struct template_file[]){
        {"plugin.toml", c_plugin_toml, false},
        {"Makefile", c_makefile, false},
        {"src/main.c", c_main_c, false},
        {"SKILL.md", action_skill_md, false},
        {".gitignore", c_gitignore, false},
        {0},
    }},
    {.type = "skill", .files = (const struct template_file[]){
        {"plugin.toml", skill_plugin_toml, false},
        {"SKILL.md", skill_skill_md, false},
        {0},
    }},
    {0},
};
