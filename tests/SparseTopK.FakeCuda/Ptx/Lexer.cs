namespace SparseTopK.FakeCuda.Ptx;

internal enum TokenKind
{
    /// <summary>An opcode with its modifiers, a register, a name.</summary>
    Word,

    /// <summary>A word that starts with a point.</summary>
    Directive,
    Number,

    /// <summary>One character.</summary>
    Mark,
    End,
}

internal readonly record struct Token(TokenKind Kind, string Text, int Line);

/// <summary>Splits PTX into tokens.</summary>
internal static class Lexer
{
    private const string Marks = ",;:[]{}()<>+-@!|";

    public static List<Token> Read(string text)
    {
        var tokens = new List<Token>();
        var (i, line) = (0, 1);
        while (i < text.Length)
        {
            var first = i;
            if (text[i] == '\n')
            {
                (i, line) = (i + 1, line + 1);
            }
            else if (char.IsWhiteSpace(text[i]) || text[i] == '\0')
            {
                i++;
            }
            else if (text.AsSpan(i).StartsWith("//"))
            {
                i = text.IndexOf('\n', i) is var end and >= 0 ? end : text.Length;
            }
            else if (Marks.Contains(text[i]))
            {
                tokens.Add(new(TokenKind.Mark, text[i++].ToString(), line));
            }
            else
            {
                while (i < text.Length && IsWordCharacter(text[i]))
                {
                    i++;
                }

                if (i == first)
                {
                    throw new PtxException(line, $"the character '{text[i]}' is not understood");
                }

                var kind = text[first] == '.' ? TokenKind.Directive : char.IsAsciiDigit(text[first]) ? TokenKind.Number : TokenKind.Word;
                tokens.Add(new(kind, text[first..i], line));
            }
        }

        tokens.Add(new(TokenKind.End, "the end", line));
        return tokens;
    }

    private static bool IsWordCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '%' or '$';
}
