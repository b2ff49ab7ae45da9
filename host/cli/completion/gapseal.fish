# fish completion for gapseal and its companions, written by "gapseal completion fish".
#
# For this session:  gapseal completion fish | source
# For good:          gapseal completion fish >~/.config/fish/completions/gapseal.fish

# One row a thing that may be typed: word|PATH|WORD|TEXT, operand|PATH|NUMBER|KINDS,
# option|PATH|NAMES|KINDS|TEXT, link|PROGRAM|SCHEME|TEXT. KINDS "-": no value.
set -g __gapseal_table (string match -v '' -- (string split \n -- '
@TABLE@
'))

# Does what stands for one path stand for another?
function __gapseal_covers -a row at
    test "$row" = "$at"; or begin
        string match -q '* *' -- $row; and string match -q -- "$row *" $at
    end
end

# Prints the KINDS of an option; of another command's where this one does not have it.
function __gapseal_option -a at name
    set -l other
    for row in (string match -e -- 'option|' $__gapseal_table)
        set -l field (string split '|' -- $row)
        if contains -- $name (string split , -- $field[3])
            set other $field[4]
            __gapseal_covers $field[2] $at; and break
        end
    end
    echo $other
end

# Prints the words that may follow a path, with their texts.
function __gapseal_words -a at
    for row in $__gapseal_table
        set -l field (string split '|' -- $row)
        if test $field[1] = word -a $field[2] = "$at"
            printf '%s\t%s\n' $field[3] $field[4]
        end
    end
end

function __gapseal_options -a at
    for row in $__gapseal_table
        set -l field (string split '|' -- $row)
        if test $field[1] = option; and __gapseal_covers $field[2] $at
            printf '%s\t%s\n' (string split , -- $field[3])[1] $field[5]
        end
    end
end

# Files and, with a slash behind them, directories.
function __gapseal_paths -a token
    set -l start (string replace -r '^~/' "$HOME/" -- $token)
    for entry in $start*
        test -d $entry; and echo $entry/; or echo $entry
    end
end

# Files by suffix, and directories on the way to them.
function __gapseal_files -a suffix token
    for entry in (__gapseal_paths $token)
        string match -q -r -- '/$' $entry; or string match -q -- "*$suffix" $entry; and echo $entry
    end
end

# No port is opened: what is known stands in files and in GAPSEAL_PORTS.
function __gapseal_links -a program token
    set -l scheme (string split -m 1 : -- $token)[1]
    set -l rest (string replace -r '^[a-z]+:' '' -- $token)
    switch $token
        case 'unix:*'
            for entry in (__gapseal_paths $rest)
                test -S $entry -o -d $entry; and echo unix:$entry
            end
        case 'serial:*' 'pty:*'
            for entry in /dev/serial/by-id/* /dev/ttyUSB* /dev/ttyACM*
                echo $scheme:$entry
            end
            for entry in (__gapseal_paths $rest)
                test -c $entry -o -L $entry -o -d $entry; and echo $scheme:$entry
            end
        case 'tcp:*'
            printf '%s\n' tcp:localhost: tcp:127.0.0.1:
        case 'exec:*'
            complete -C $rest | string replace -r '\t.*' '' | string replace -r -- '^' exec:
        case '*'
            for row in $__gapseal_table
                set -l field (string split '|' -- $row)
                if test $field[1] = link -a $field[2] = $program
                    printf '%s\t%s\n' $field[3] $field[4]
                end
            end
    end
    string split -n ' ' -- "$GAPSEAL_PORTS"
end

function __gapseal_config
    set -q XDG_CONFIG_HOME; and echo $XDG_CONFIG_HOME/gapseal; or echo ~/.config/gapseal
end

function __gapseal_devices -a program token
    if string match -q 'port:*' -- $token
        __gapseal_links $program (string replace port: '' -- $token) | string replace -r -- '^' port:
        return
    end
    printf '%s\n' port: sn: name: all
    set -l names (__gapseal_config)/names
    if test -r $names
        string replace -r -f '^([^#\s]\S*)\s+(.+)$' 'sn:$1' <$names
        string replace -r -f '^([^#\s]\S*)\s+(.+)$' 'name:$2' <$names
    end
end

# What this computer trusts: its files are named by id.
function __gapseal_ids
    for entry in (__gapseal_config)/trust/*
        string replace -r -f '^.*/([^/]+)\.(pem|gsk)$' '$1' -- $entry
    end
end

# Prints what a word of these KINDS may become.
function __gapseal_values -a kinds program token
    for kind in (string split , -- $kinds)
        switch $kind
            case '=*'
                string sub -s 2 -- $kind
            case 'file.*'
                __gapseal_files (string sub -s 5 -- $kind) $token
            case file
                __gapseal_paths $token
            case dir
                string match -r -- '.*/$' (__gapseal_paths $token)
            case dev
                __gapseal_devices $program $token
            case link
                __gapseal_links $program $token
            case id
                __gapseal_ids
            case command
                __gapseal_words $program
        end
    end
end

function __gapseal
    set -l words (commandline -opc)
    set -l token (commandline -ct)
    set -l program (string replace -r '.*/' '' -- $words[1])
    set -l at $program
    set -l number 0
    set -l option ''
    set -l ends ''
    for word in $words[2..-1]
        if test -n "$option"
            set option ''
        else if test "$word" = --
            set ends yes
        else if string match -q -- '-*' $word; and test -z "$ends"
            set -l kinds (__gapseal_option $at $word)
            if not string match -q -- '*=*' $word; and test -n "$kinds" -a "$kinds" != -
                set option $word
            end
        else if contains -- $word (__gapseal_words $at | string replace -r '\t.*' '')
            set at "$at $word"
        else
            set number (math $number + 1)
        end
    end
    if test -n "$option"
        __gapseal_values (__gapseal_option $at $option) $program $token
    else if test -z "$ends"; and string match -q -- '--*=*' $token
        set option (string split -m 1 = -- $token)[1]
        __gapseal_values (__gapseal_option $at $option) $program (string split -m 1 = -- $token)[2] |
            string replace -r -- '^' $option=
    else if test -z "$ends"; and string match -q -- '-*' $token
        __gapseal_options $at
    else
        test $number = 0; and __gapseal_words $at
        for row in $__gapseal_table
            set -l field (string split '|' -- $row)
            if test $field[1] = operand -a $field[2] = "$at"
                if test $field[3] = $number; or begin
                        string match -q -- '*+' $field[3]; and test $number -ge (string trim -c + $field[3])
                    end
                    __gapseal_values $field[4] $program $token
                end
            end
        end
    end
end

for program in @PROGRAMS@
    complete -c $program -f -a '(__gapseal)'
end
