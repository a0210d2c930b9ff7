using System.Globalization;
using SparseTopK.FakeCuda.Translation;

namespace SparseTopK.FakeCuda.Ptx;

/// <summary>Reads a module with one kernel, as ILGPU writes it. What is not understood is an error with its line.</summary>
internal sealed class Parser
{
    private readonly TokenReader _tokens;

    private Parser(string text) => _tokens = new(text);

    public static Kernel Read(string text) => new Parser(text).ReadModule();

    private Kernel ReadModule()
    {
        Kernel? kernel = null;
        while (!_tokens.IsAtEnd)
        {
            var directive = _tokens.Take(TokenKind.Directive, "a directive");
            switch (directive.Text)
            {
                case ".version":
                    _tokens.Take(TokenKind.Number, "a version");
                    break;
                case ".target":
                    _tokens.Take(TokenKind.Word, "a target");
                    break;
                case ".address_size":
                    _tokens.Expect("64");
                    break;
                case ".visible" when kernel is null:
                    kernel = ReadKernel();
                    break;
                default:
                    throw new PtxException(directive.Line, $"the directive {directive.Text} is not understood here");
            }
        }

        return kernel ?? throw new PtxException(1, "there is no kernel");
    }

    private Kernel ReadKernel()
    {
        _tokens.Expect(".entry");
        var name = _tokens.Take(TokenKind.Word, "the name of the kernel").Text;
        var parameters = new List<Parameter>();
        _tokens.Expect("(");
        while (!_tokens.Accept(")"))
        {
            if (parameters.Count > 0)
            {
                _tokens.Expect(",");
            }

            _tokens.Expect(".param");
            var end = parameters.Count == 0 ? 0 : parameters[^1].Offset + parameters[^1].Bytes;
            var (alignment, parameter, bytes) = ReadVariable();
            parameters.Add(new(parameter, (end + alignment - 1) / alignment * alignment, bytes));
        }

        _tokens.Expect("{");
        var body = new List<Statement>();
        while (!_tokens.Accept("}"))
        {
            body.Add(ReadStatement());
        }

        return new(name, parameters, body);
    }

    /// <summary>[.align n] .type name[count].</summary>
    private (int Alignment, string Name, int Bytes) ReadVariable()
    {
        int? alignment = _tokens.Accept(".align") ? _tokens.TakeCount() : null;
        var type = _tokens.TakeType();
        var name = _tokens.Take(TokenKind.Word, "a name").Text;
        var count = 1;
        if (_tokens.Accept("["))
        {
            count = _tokens.TakeCount();
            _tokens.Expect("]");
        }

        return (alignment ?? type.Bytes, name, type.Bytes * count);
    }

    private Statement ReadStatement()
    {
        var first = _tokens.Next;
        if (first.Kind == TokenKind.Directive)
        {
            return ReadDeclaration();
        }

        if (first.Kind == TokenKind.Word && _tokens.AcceptLabel(out var label))
        {
            return _tokens.Accept(".branchtargets") ? new BranchTargets(first.Line, label, ReadNames()) : new Label(first.Line, label);
        }

        return ReadInstruction(first.Line);
    }

    private Statement ReadDeclaration()
    {
        var directive = _tokens.Take(TokenKind.Directive, "a declaration");
        switch (directive.Text)
        {
            case ".reg":
                var type = _tokens.TakeType();
                var prefix = _tokens.Take(TokenKind.Word, "a register").Text;
                int? count = null;
                if (_tokens.Accept("<"))
                {
                    count = _tokens.TakeCount();
                    _tokens.Expect(">");
                }

                _tokens.Expect(";");
                return new Registers(directive.Line, type, prefix, count);
            case ".shared" or ".local":
                var (alignment, name, bytes) = ReadVariable();
                _tokens.Expect(";");
                return new Variable(directive.Line, directive.Text == ".shared" ? Space.Shared : Space.Local, alignment, name, bytes);
            default:
                throw new PtxException(directive.Line, $"the directive {directive.Text} is not understood here");
        }
    }

    private List<string> ReadNames()
    {
        var names = new List<string>();
        do
        {
            names.Add(_tokens.Take(TokenKind.Word, "a label").Text);
        }
        while (_tokens.Accept(","));
        _tokens.Expect(";");
        return names;
    }

    private Instruction ReadInstruction(int line)
    {
        string? predicate = null;
        var isNegated = false;
        if (_tokens.Accept("@"))
        {
            isNegated = _tokens.Accept("!");
            predicate = _tokens.Take(TokenKind.Word, "a predicate").Text;
        }

        var opcode = _tokens.Take(TokenKind.Word, "an instruction").Text;
        var operands = new List<Operand>();
        while (!_tokens.Accept(";"))
        {
            if (operands.Count > 0)
            {
                _tokens.Expect(",");
            }

            operands.Add(ReadOperand());
        }

        return new(line, predicate, isNegated, opcode, operands);
    }

    private Operand ReadOperand()
    {
        if (_tokens.Accept("["))
        {
            var place = ReadOperand();
            var offset = _tokens.Accept("+") ? ReadOperand() : new IntegerConstant(0);
            _tokens.Expect("]");
            return offset is IntegerConstant { Bits: var bits } ? new Address(place, (long)bits) : throw new PtxException(_tokens.Next.Line, "an offset that is no number");
        }

        if (_tokens.Accept("{"))
        {
            var items = new List<Operand>();
            do
            {
                items.Add(ReadOperand());
            }
            while (_tokens.Accept(","));
            _tokens.Expect("}");
            return new OperandList(items);
        }

        if (_tokens.Accept("!"))
        {
            return new NotPredicate(_tokens.Take(TokenKind.Word, "a predicate").Text);
        }

        return _tokens.Next.Kind == TokenKind.Word ? new Name(_tokens.Take(TokenKind.Word, "a name").Text) : ReadConstant();
    }

    private Operand ReadConstant()
    {
        var isNegative = _tokens.Accept("-");
        var (_, text, line) = _tokens.Take(TokenKind.Number, "an operand");
        var isHexadecimal = text.Length > 2 && text[1] is 'x' or 'X' or 'd' or 'D' or 'f' or 'F';
        var isRead = isHexadecimal
            ? ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var bits)
            : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out bits);
        var width = !isHexadecimal ? 0 : text[1] is 'd' or 'D' ? 64 : text[1] is 'f' or 'F' ? 32 : 0;
        if (!isRead || text[0] != '0' && isHexadecimal || width > 0 && (isNegative || text.Length != 2 + width / 4))
        {
            throw new PtxException(line, $"the number {text} is not understood");
        }

        return width > 0 ? new FloatConstant(bits, width) : new IntegerConstant(isNegative ? 0 - bits : bits);
    }
}
