using System.Globalization;
using SparseTopK.FakeCuda.Translation;

namespace SparseTopK.FakeCuda.Ptx;

/// <summary>The tokens of a text, one after another.</summary>
internal sealed class TokenReader(string text)
{
    private readonly List<Token> _tokens = Lexer.Read(text);
    private int _next;

    public Token Next => _tokens[_next];

    public bool IsAtEnd => Next.Kind == TokenKind.End;

    /// <summary>Takes the next token if it reads so.</summary>
    public bool Accept(string text)
    {
        if (Next.Text != text || IsAtEnd)
        {
            return false;
        }

        _next++;
        return true;
    }

    public void Expect(string text)
    {
        if (!Accept(text))
        {
            throw new PtxException(Next.Line, $"'{Next.Text}' stands where '{text}' is expected");
        }
    }

    public Token Take(TokenKind kind, string what) =>
        Next.Kind == kind ? _tokens[_next++] : throw new PtxException(Next.Line, $"'{Next.Text}' stands where {what} is expected");

    /// <summary>Takes a name with the colon that follows it.</summary>
    public bool AcceptLabel(out string name)
    {
        name = Next.Text;
        if (_tokens[_next + 1].Text != ":")
        {
            return false;
        }

        _next += 2;
        return true;
    }

    public int TakeCount()
    {
        var (_, text, line) = Take(TokenKind.Number, "a number");
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0
            ? count
            : throw new PtxException(line, $"the number {text} is not understood");
    }

    public PtxType TakeType()
    {
        var (_, text, line) = Take(TokenKind.Directive, "a type");
        return PtxType.TryParse(text.AsSpan(1), out var type) ? type : throw new PtxException(line, $"the type {text} is not understood");
    }
}
